/**
 * The book of calls: every one begins once, ends once, and the taps are told of both.
 *
 * @module
 */

import type { Call, Peer, SessionEvent, Tap } from "./call.ts";
import { CallIds } from "./call_id.ts";
import { type Message, toolNameOf, TOOLS_CALL } from "../wire/message.ts";
import { NO_PEER, peerOfRequest } from "./client_info.ts";
import { type Passage, Pipeline, type Refusal, type Stage } from "./pipeline.ts";
import { errorText, outcomeOf, taskBegunBy, type TaskEnd, TaskLedger } from "./tasks.ts";

const encoder = new TextEncoder();
const ARGUMENTS = encoder.encode("arguments");
const CODE = encoder.encode("code");

/** How a call ends. */
export type CallEnd =
  & Pick<Call, "outcome">
  & Partial<Pick<Call, "policyHit" | "detail" | "result" | "resultBytes">>;

/** What the book is made of. */
export interface CallBookOptions {
  readonly stages: readonly Stage[];
  readonly taps: readonly Tap[];
  /** Told of a tap or stage that threw. */
  readonly onFault: (where: string, fault: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly wall: () => number;
  /** Monotonic milliseconds. */
  readonly mono: () => number;
}

/** Begins and ends calls, and knows who makes them. */
export class CallBook {
  /** The agent, as far as it has presented itself. */
  peer: Readonly<Peer> = NO_PEER;
  readonly #options: CallBookOptions;
  readonly #pipeline: Pipeline;
  readonly #tasks = new TaskLedger();
  readonly #ids = new CallIds();

  constructor(options: CallBookOptions) {
    this.#options = options;
    this.#pipeline = new Pipeline(options.stages, options.onFault);
  }

  /**
   * Begins the call that `message` is and walks it through the stages, unless it is `refused`
   * already.
   *
   * @returns the call, or why it does not go on; then it has ended, too.
   */
  begin(message: Message, refused?: Refusal): Call | Refusal {
    this.peer = peerOfRequest(message, this.peer);
    const call = this.#newCall({
      requestId: message.id,
      tool: toolNameOf(message),
      arguments: message.member(ARGUMENTS),
      requestBytes: message.length,
    });
    const refusal = refused ?? this.#pipeline.request(call, message);
    this.#tell("call_started", call);
    if (refusal === undefined) return call;
    this.end(call, refusal);
    return refusal;
  }

  /** Records a call that was not understood, and so never began. */
  malformed(known: Pick<Call, "requestId" | "tool" | "requestBytes">, reason: string): void {
    const call = this.#newCall(known);
    this.#tell("call_started", call);
    this.end(call, { outcome: "malformed", policyHit: "malformed", detail: reason });
  }

  /** Walks an answer back through the stages. Throws what a stage throws. */
  inspect(call: Call, answer: Message): void {
    this.#pipeline.response(call, answer);
  }

  /** The call that lives on as `task`, or null. */
  callOfTask(task: string | null): Call | null {
    return task === null ? null : this.#tasks.callOf(task) ?? null;
  }

  /** Ends a call by its answer. */
  answered(call: Call, answer: Message): void {
    const outcome = outcomeOf(answer);
    if (outcome === "task") {
      const task = taskBegunBy(answer);
      if (task !== null) this.#tasks.began(task, call);
    }
    if (answer.failed) call.errorCode = Number(answer.value(CODE));
    this.end(call, {
      outcome,
      detail: answer.failed ? errorText(answer) : null,
      result: answer.failed ? null : answer.bodyBytes,
      resultBytes: answer.length,
    });
  }

  /** Ends a call. */
  end(call: Call, end: CallEnd): void {
    this.#finish(call, end);
    this.#pipeline.end(call);
    this.#tell("call_ended", call);
    // The views are of a buffer that will be used again.
    call.arguments = null;
    call.result = null;
  }

  /** Amends the call that began `task`, if there is one, when that task has ended. */
  taskEnded(task: string, end: TaskEnd, bytes: number): void {
    const call = this.#tasks.settle(task, end);
    if (call === undefined) return;
    this.#finish(call, { ...end, resultBytes: bytes });
    this.#tell("call_amended", call);
    call.result = null;
  }

  /** Whether any stage looks at messages other than calls. */
  get watches(): boolean {
    return this.#pipeline.watches;
  }

  /** Shows a message to the stages before it is forwarded. Throws what a stage throws. */
  inspectMessage(message: Message, passage: Passage): void {
    this.#pipeline.message(message, passage);
  }

  #tell(type: "call_started" | "call_ended" | "call_amended", call: Call): void {
    this.#pipeline.record(call);
    this.emit({ type, call });
  }

  /** Tells every tap; one that throws costs a log line. */
  emit(event: SessionEvent): void {
    for (const tap of this.#options.taps) {
      try {
        tap(event);
      } catch (fault) {
        this.#options.onFault("tap", fault);
      }
    }
  }

  #newCall(
    known: Pick<Call, "requestId" | "tool" | "requestBytes"> & Partial<Pick<Call, "arguments">>,
  ): Call {
    const startedAt = this.#options.wall();
    return {
      id: this.#ids.next(startedAt),
      startedAt,
      startedMono: this.#options.mono(),
      requestId: known.requestId,
      method: TOOLS_CALL,
      tool: known.tool,
      label: known.tool,
      peer: this.peer,
      arguments: known.arguments ?? null,
      requestBytes: known.requestBytes,
      forwarded: false,
      stagesPassed: 0,
      errorCode: null,
      outcome: "open",
      policyHit: null,
      detail: null,
      result: null,
      resultBytes: null,
      latencyMs: null,
    };
  }

  #finish(call: Call, end: CallEnd): void {
    call.outcome = end.outcome;
    call.policyHit = end.policyHit ?? null;
    call.detail = end.detail ?? null;
    call.result = end.result ?? null;
    call.resultBytes = end.resultBytes ?? null;
    call.latencyMs = this.#options.mono() - call.startedMono;
  }
}
