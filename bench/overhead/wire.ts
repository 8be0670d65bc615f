/**
 * The client's two pipes: one call at a time, or many in flight.
 *
 * @module
 */

import { type CallLine, putId } from "./calls.ts";
import * as libc from "./libc.ts";
import type { Phase } from "./payloads.ts";

const LF = 10;
const decoder = new TextDecoder("latin1");

/** How long the contestant may be silent while many calls are in flight. */
const SILENCE_LIMIT_MS = 10_000;

/** How much of an answer's beginning and end is looked at: all that is not payload. */
const EDGE_BYTES = 300;

/** The end of a conversation that should have gone on. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** The pipes to and from a contestant. */
export class Wire {
  /** Grown as answers need it. */
  #buffer = new Uint8Array(256 * 1024);
  readonly #to: number;
  readonly #from: number;

  /** @param to The descriptor that requests go to. @param from The one that answers come from. */
  constructor(to: number, from: number) {
    this.#to = to;
    this.#from = from;
  }

  /** Writes all of it, waiting as long as that takes. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytes.length;) {
      at += Math.max(0, libc.write(this.#to, at === 0 ? bytes : bytes.subarray(at)));
    }
  }

  /**
   * Waits for one line.
   *
   * @returns The line with its end, until the next is received.
   * @throws {WireError} when there is none to come.
   */
  receive(): Uint8Array<ArrayBuffer> {
    let length = 0;
    for (;;) {
      const buffer = length === 0 ? this.#buffer : this.#buffer.subarray(length);
      length += this.#read(buffer);
      if (this.#buffer[length - 1] === LF) return this.#buffer.subarray(0, length);
      if (length === this.#buffer.length) this.#grow();
    }
  }

  /**
   * Sends a request and waits for its answer, whatever else the contestant says in between.
   *
   * @returns The answer as text.
   * @throws {WireError} when none comes within `limitMs`.
   */
  ask(request: Uint8Array<ArrayBuffer>, id: number, limitMs: number): string {
    const deadline = performance.now() + limitMs;
    const waiting = new Int32Array([this.#from, libc.POLLIN]);
    const answers = new RegExp(`"id":\\s*${id}\\b`);
    this.send(request);
    for (;;) {
      if (libc.poll(waiting, Math.max(0, Math.ceil(deadline - performance.now()))) <= 0) {
        throw new WireError(`no answer within ${limitMs / 1000} s`);
      }
      const lines = decoder.decode(this.receive()).split("\n");
      const answer = lines.find((line) => answers.test(line));
      if (answer !== undefined) return answer;
    }
  }

  /**
   * Keeps `window` calls in flight until the phase is over, then waits for the last answers. From
   * here on, neither pipe waits any more: it is the last that is done with them.
   *
   * @param answerBytes The length of every answer: searching for their ends would cost more than
   * what is measured.
   * @returns How many were made, and how long it took.
   * @throws {WireError} when answers are missing or of another length.
   */
  flood(
    call: CallLine,
    { window, firstId, answerBytes, phase }: {
      readonly window: number;
      readonly firstId: number;
      readonly answerBytes: number;
      readonly phase: Phase;
    },
  ): { calls: number; ms: number } {
    libc.dontWait(this.#to);
    libc.dontWait(this.#from);
    const size = call.bytes.length, ring = new Uint8Array(window * size);
    for (let i = 0; i < window; i++) ring.set(call.bytes, i * size);
    const waiting = new Int32Array([this.#from, libc.POLLIN, this.#to, 0]);
    let made = 0, sentBytes = 0, answered = 0, cameBytes = 0;
    const begun = performance.now();
    for (;;) {
      // A place in the ring is free again when its call was sent, which an answered one was.
      const over = performance.now() - begun > phase.ms;
      for (; !over && made < phase.calls && made - answered < window; made++) {
        putId(ring, made % window * size + call.idAt, firstId + made);
      }
      if (answered === made) return { calls: made, ms: performance.now() - begun };
      if (sentBytes < made * size) {
        const from = sentBytes % ring.length;
        const to = Math.min(ring.length, from + made * size - sentBytes);
        sentBytes += Math.max(0, libc.write(this.#to, ring.subarray(from, to)));
      }
      waiting[3] = sentBytes < made * size ? libc.POLLOUT : 0;
      if (libc.poll(waiting, SILENCE_LIMIT_MS) <= 0) {
        throw new WireError(`${answered} of ${made} calls answered, then silence`);
      }
      if (libc.events(waiting, 0) === 0) continue;
      const came = this.#read(this.#buffer);
      for (let end = (answered + 1) * answerBytes - 1 - cameBytes; end < came; end += answerBytes) {
        if (this.#buffer[end] !== LF) throw this.#strangeAnswer(end);
        answered++;
      }
      cameBytes += came;
    }
  }

  /** Says that nothing more will be asked. */
  closeInput(): void {
    libc.close(this.#to);
  }

  #read(into: Uint8Array<ArrayBuffer>): number {
    const came = libc.read(this.#from, into);
    if (came === 0) throw new WireError("it closed its output");
    return Math.max(0, came);
  }

  /** Around `at`, where an answer should have ended. */
  #strangeAnswer(at: number): WireError {
    const around = this.#buffer.subarray(Math.max(0, at - EDGE_BYTES), at + EDGE_BYTES);
    return new WireError(
      `an answer of another length than all before it: … ${decoder.decode(around)} …`,
    );
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** What is wrong with the answer to a call with a payload of `payloadBytes`; undefined if nothing. */
export function problemOf(
  answer: Uint8Array<ArrayBuffer>,
  id: number,
  payloadBytes: number,
): string | undefined {
  const tailAt = Math.max(EDGE_BYTES, answer.length - EDGE_BYTES);
  const text = decoder.decode(answer.subarray(0, EDGE_BYTES)) +
    decoder.decode(answer.subarray(tailAt));
  const good = answer.length > payloadBytes && text.includes(`${id}`) &&
    text.includes('"result"') && !/"isError": ?true/.test(text);
  return good ? undefined : `not the answer to call ${id}: ${text.slice(0, EDGE_BYTES).trim()}`;
}
