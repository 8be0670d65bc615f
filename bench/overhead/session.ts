/**
 * What a client says in one run.
 *
 * @module
 */

import { CallLine, FIRST_ID, INITIALIZE, INITIALIZED, prose, putId } from "./calls.ts";
import type { Proof } from "./job.ts";
import type { Payload, Phase } from "./payloads.ts";
import { problemOf, type Wire, WireError } from "./wire.ts";

/** How long a contestant may take to start and to answer the first requests. */
const START_LIMIT_MS = 20_000;

/** The calls of one run, each with an id of its own. */
export class Session {
  /** Calls made so far, all of which were answered. */
  callsSent = 0;
  readonly #wire: Wire;
  readonly #call: CallLine;
  readonly #payloadBytes: number;
  readonly #window: number;
  #answerBytes = 0;

  constructor(wire: Wire, payload: Payload) {
    this.#wire = wire;
    this.#call = new CallLine(prose(payload.bytes));
    this.#payloadBytes = payload.bytes;
    this.#window = payload.window;
  }

  /** Opens the session and makes the first call; tells when that was answered. */
  open(): number {
    const answer = this.#wire.ask(INITIALIZE, 1, START_LIMIT_MS);
    if (!answer.includes('"result"')) throw new WireError(`it refused to initialize: ${answer}`);
    this.#wire.send(INITIALIZED);
    this.#ask(this.#call);
    return performance.now();
  }

  /** Shows that the policy is in force. */
  prove({ message, outcome }: Proof): void {
    const answer = this.#ask(new CallLine(message));
    const refused = !answer.includes('"result"');
    if (refused ? outcome === "refused" : outcome === "redacted" && !answer.includes(message)) {
      return;
    }
    throw new WireError(`the policy is not in force: ${message} was not ${outcome}: ${answer}`);
  }

  /** Makes calls one after the other; µs of each round trip. */
  oneByOne({ calls, ms }: Phase): Float64Array<ArrayBuffer> {
    const roundTripsUs = new Float64Array(calls), wire = this.#wire;
    const { bytes, idAt } = this.#call;
    const deadline = performance.now() + ms;
    let made = 0;
    for (let now = 0; made < calls && now < deadline; made++) {
      const id = FIRST_ID + this.callsSent++;
      putId(bytes, idAt, id);
      const sent = performance.now();
      wire.send(bytes);
      const answer = wire.receive();
      now = performance.now();
      roundTripsUs[made] = (now - sent) * 1000;
      const problem = problemOf(answer, id, this.#payloadBytes);
      if (problem !== undefined) throw new WireError(problem);
      this.#answerBytes = answer.length;
    }
    return roundTripsUs.slice(0, made);
  }

  /** Keeps many calls in flight. */
  inFlight(phase: Phase): { calls: number; ms: number } {
    const flood = this.#wire.flood(this.#call, {
      window: this.#window,
      firstId: FIRST_ID + this.callsSent,
      answerBytes: this.#answerBytes,
      phase,
    });
    this.callsSent += flood.calls;
    return flood;
  }

  #ask(call: CallLine): string {
    const id = FIRST_ID + this.callsSent++;
    putId(call.bytes, call.idAt, id);
    return this.#wire.ask(call.bytes, id, START_LIMIT_MS);
  }
}
