/**
 * The agent's side of one run: calls through two bare pipes.
 *
 * Nothing else happens in this thread between a call and its answer, and the C library is called
 * directly: Deno's own streams would cost more than what is measured.
 *
 * @module
 */

import { BROKEN, Libc, POLLIN, POLLOUT } from "../../src/transport/native/libc.ts";
import { PollSet } from "../../src/transport/native/poll_set.ts";
import { callLine } from "../wrapped.ts";
import type { Contestant, Phase } from "./cases.ts";

/** How long a contestant may be silent. */
const SILENCE_LIMIT_MS = 20_000;

/** The id of the first call; up to nine times as many follow, all of seven digits. */
const FIRST_ID = 1_000_000, ID_DIGITS = 7;

/** Where the id stands in a call. */
const ID_AT = callLine(FIRST_ID).indexOf(`${FIRST_ID}`);

const INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{},' +
  '"protocolVersion":"2025-06-18","clientInfo":{"name":"agentgate-bench","version":"1"}}}\n';
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';

const LF = 10, ZERO = 48, SMALL_R = 114;
const encoder = new TextEncoder(), decoder = new TextDecoder("latin1");

/** The C library of this thread. */
export const libc: Libc = Libc.open();

/** The descriptors that requests go to and answers come from. */
type Pipes = { readonly to: number; readonly from: number };

/** An agent that makes one call again and again, each with an id of its own. All faults throw. */
export class Agent {
  /** Calls made so far, all of which were answered. */
  callsSent = 0;
  readonly #pipes: Pipes;
  readonly #message: string;
  /** What opens a session once it is initialized, and the first call. */
  readonly #opening: Uint8Array<ArrayBuffer>;
  /** The length of the first answer, and where its id and its result stand: all must be like it. */
  #like = { bytes: 0, idAt: 0, resultAt: 0 };
  /** Room for the largest answer and more: a gateway may write it twice. */
  readonly #buffer = new Uint8Array(4 * 1024 * 1024);
  /** How much of the buffer came and was not looked at yet. */
  #held = 0;
  readonly #ready = new PollSet(2);
  readonly #nothing = new PollSet(1);

  constructor(pipes: Pipes, payloadBytes: number) {
    this.#pipes = pipes;
    this.#message = prose(payloadBytes);
    this.#opening = encoder.encode(INITIALIZED + callLine(FIRST_ID, this.#message));
  }

  /** Opens the session and makes the first call; tells when that was answered. */
  open(): number {
    const opened = this.#ask(encoder.encode(INITIALIZE), 1);
    if (!opened.includes('"result"')) throw new Error(`it refused to initialize: ${opened}`);
    const answer = this.#ask(this.#opening, FIRST_ID + this.callsSent++), now = performance.now();
    const idAt = answer.indexOf(`${FIRST_ID}`), resultAt = answer.indexOf('"result"');
    if (resultAt < 0 || !answer.includes(JSON.stringify(this.#message))) {
      throw new Error(`not the answer to the first call: ${answer.slice(0, 300)}`);
    }
    this.#like = { bytes: answer.length + 1, idAt, resultAt };
    return now;
  }

  /** Shows that the policy is in force. */
  prove({ message, answer }: NonNullable<Contestant["proof"]>): void {
    const id = FIRST_ID + this.callsSent++;
    const text = this.#ask(encoder.encode(callLine(id, message)), id);
    if (text.includes(answer) && !text.includes(message)) return;
    throw new Error(`the policy is not in force: ${message} was answered with ${text}`);
  }

  /**
   * Keeps `window` calls in flight until the phase is over, then waits for the last answers.
   *
   * @returns How long all took, and µs of each round trip if there was one call at a time.
   */
  makeCalls(
    { calls, ms, pauseMs = 0 }: Phase,
    window: number,
  ): { ms: number; roundTripsUs: Float64Array } {
    const call = this.#opening.subarray(INITIALIZED.length), size = call.length;
    const ring = new Uint8Array(window * size), roundTripsUs = new Float64Array(calls);
    for (let i = 0; i < window; i++) ring.set(call, i * size);
    // One call at a time needs no `poll`, which would cost a tenth of what the server takes.
    const polls = window > 1, begun = performance.now();
    if (polls) [this.#pipes.to, this.#pipes.from].forEach((end) => libc.dontWait(end));
    let made = 0, sentBytes = 0, answered = 0, idsOwed = 0, asked = begun, now = begun;
    for (;;) {
      if (made - answered < window && made < calls && now - begun < ms) {
        if (pauseMs > 0) libc.poll(this.#nothing.entries, pauseMs);
        // A place in the ring is free again when its call was sent, which an answered one was.
        for (; made - answered < window && made < calls; made++) {
          idsOwed += this.#putNextId(ring, made % window * size);
        }
        asked = performance.now();
      }
      if (answered === made) return { ms: now - begun, roundTripsUs: roundTripsUs.slice(0, made) };
      const at = sentBytes % ring.length;
      sentBytes += this.#exchange(ring.subarray(at, at + made * size - sentBytes), polls);
      now = performance.now();
      let taken = 0;
      for (; taken + this.#like.bytes <= this.#held; taken += this.#like.bytes) {
        idsOwed -= this.#idOfAnswer(taken);
        roundTripsUs[answered++] = (now - asked) * 1000;
      }
      if (taken > 0) this.#buffer.copyWithin(0, taken, this.#held);
      this.#held -= taken;
      if (this.#buffer[this.#held - 1] === LF) throw this.#unlike(0);
      if (answered === made && idsOwed !== 0) throw new Error("answers to calls that it never got");
    }
  }

  /** Sends a request; the answer as text, whatever else the contestant says before. */
  #ask(request: Uint8Array<ArrayBuffer>, id: number): string {
    const answers = new RegExp(`"id":\\s*${id}\\b`);
    for (let sent = 0;;) {
      sent += this.#exchange(request.subarray(sent), true);
      if (this.#buffer[this.#held - 1] !== LF) continue;
      const lines = decoder.decode(this.#buffer.subarray(0, this.#held)).split("\n");
      this.#held = 0;
      const answer = lines.find((line) => answers.test(line));
      if (answer !== undefined) return answer;
    }
  }

  /** Writes what the pipe takes and reads what comes; tells how much was written. */
  #exchange(unsent: Uint8Array<ArrayBuffer>, polls: boolean): number {
    const sent = unsent.length === 0 ? 0 : libc.write(this.#pipes.to, unsent);
    if (sent === BROKEN) throw new Error("it closed its input");
    if (polls) {
      this.#ready.watch(0, this.#pipes.from, POLLIN);
      this.#ready.watch(1, this.#pipes.to, sent < unsent.length ? POLLOUT : 0);
      if (libc.poll(this.#ready.entries, SILENCE_LIMIT_MS) === 0) {
        throw new Error(`it was silent for ${SILENCE_LIMIT_MS / 1000} s`);
      }
    }
    if (!polls || this.#ready.isReady(0)) {
      const came = libc.read(this.#pipes.from, this.#buffer.subarray(this.#held));
      if (came === 0 || came === BROKEN) throw new Error("it closed its output");
      this.#held += Math.max(0, came);
    }
    return Math.max(0, sent);
  }

  /** Puts the digits of a new id, which it returns, into the call that begins at `at`. */
  #putNextId(bytes: Uint8Array, at: number): number {
    const id = FIRST_ID + this.callsSent++;
    for (let place = ID_DIGITS, rest = id; place > 0; rest = Math.floor(rest / 10)) {
      bytes[at + ID_AT + --place] = ZERO + rest % 10;
    }
    return id;
  }

  /** The id of the answer that begins at `at`, if that is like the first in all that is known. */
  #idOfAnswer(at: number): number {
    const buffer = this.#buffer, { bytes, idAt, resultAt } = this.#like;
    const isLike = buffer[at + bytes - 1] === LF && buffer[at + resultAt + 1] === SMALL_R;
    if (!isLike) throw this.#unlike(at);
    let id = 0;
    for (let i = at + idAt; i < at + idAt + ID_DIGITS; i++) id = id * 10 + buffer[i]! - ZERO;
    return id;
  }

  #unlike(at: number): Error {
    const text = decoder.decode(this.#buffer.subarray(at, Math.min(this.#held, at + 300)));
    return new Error(`an answer unlike the first, or of another length: ${text}`);
  }
}

/** Prose in lines of 64 bytes, `length` bytes on the wire: a line break is two there. */
function prose(length: number): string {
  const sentence = "It reads what comes, says what it saw, and hands on what it got.";
  const whole = Math.floor(length / 64);
  return `${sentence.slice(0, 62)}\n`.repeat(whole) + sentence.slice(0, length - whole * 64);
}
