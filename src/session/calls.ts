/**
 * The tracker of calls: every one begins once, ends once, and the taps are told of both.
 *
 * @module
 */

import { type Message, toolNameOf, TOOLS_CALL } from "../wire/message.ts";
import { type Asked, Call, type CallEnd, type ClientInfo, type Refusal } from "./call.ts";
import { clientOfRequest, NO_CLIENT_INFO } from "./client_info.ts";
import type { SessionContext } from "./context.ts";
import {
  type Hold,
  isRefusal,
  type Passage,
  Pipeline,
  type Settle,
  type Stage,
  type Verdict,
} from "./pipeline.ts";
import { draftOf, type Payloads, type SessionEvent, type Tap } from "./record.ts";
import { errorText, outcomeOf, taskBegunBy, type TaskEnd, TaskLedger } from "./tasks.ts";

const encoder = new TextEncoder();
const ARGUMENTS = encoder.encode("arguments");
const CODE = encoder.encode("code");

/** End of a call, as far as whoever ends it knows. */
export type EndOfCall =
  & Pick<CallEnd, "outcome">
  & Partial<Pick<CallEnd, "policyHit" | "detail" | "resultBytes" | "errorCode">>;

/** Begins and ends the calls of one session, and knows who makes them. */
export class CallTracker {
  /** The agent, as far as it has presented itself. */
  client: ClientInfo = NO_CLIENT_INFO;
  readonly #context: SessionContext;
  readonly #taps: readonly Tap[];
  readonly #pipeline: Pipeline;
  readonly #tasks = new TaskLedger();

  constructor(context: SessionContext, stages: readonly Stage[], taps: readonly Tap[]) {
    this.#context = context;
    this.#taps = taps;
    this.#pipeline = new Pipeline(stages, context.onFault);
  }

  /** Begins the call that `message` is, and has the stages judge it. A refused one ends at once. */
  begin(message: Message): { readonly call: Call; readonly verdict: Verdict } {
    const call = this.#newCall(message);
    const verdict = this.#pipeline.judge(call, message);
    this.#tell("call_started", call, { arguments: message.member(ARGUMENTS) });
    if (isRefusal(verdict)) this.end(call, verdict);
    return { call, verdict };
  }

  /** Records a call that the session itself refuses, and so never begins. */
  refused(message: Message, refusal: Refusal): void {
    const call = this.#newCall(message);
    this.#tell("call_started", call, { arguments: message.member(ARGUMENTS) });
    this.end(call, refusal);
  }

  /** Has the stages judge a message that calls no tool, and records it if they refuse it. */
  judgeOther(message: Message): Refusal | undefined {
    const refusal = this.#pipeline.judgeOther(message, clientOfRequest(message, this.client));
    if (refusal === undefined) return undefined;
    const { method, id: requestId, length: requestBytes } = message;
    const call = this.#callOf({ requestId, method, tool: method, requestBytes });
    call.policy = refusal.policy ?? null;
    this.#tell("call_started", call, { arguments: message.bodyBytes });
    this.end(call, refusal);
    return refusal;
  }

  /** Records a call that was not understood, and so never began. */
  malformed(known: Omit<Asked, "method">, reason: string): void {
    const call = this.#callOf({ ...known, method: TOOLS_CALL });
    this.#tell("call_started", call, {});
    this.end(call, { outcome: "malformed", policyHit: "malformed", detail: reason });
  }

  /** Has the stages read what they still want of a call that is being held; or refuses it. */
  hold(call: Call): Refusal | undefined {
    return this.#pipeline.hold(call);
  }

  /** Begins a hold of a call; the answer refuses it, when the stage that holds it is at fault. */
  startHold(call: Call, hold: Hold, settle: Settle): Refusal | undefined {
    return this.#pipeline.start(call, hold, settle);
  }

  /** Has the remaining stages judge a call that was held, `message` being its text again. */
  resume(call: Call, message: Message): Verdict {
    return this.#pipeline.judge(call, message);
  }

  /** Whether every stage has let a call through. */
  isThrough(call: Call): boolean {
    return call.stagesPassed === this.#pipeline.length;
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
    const { failed } = answer;
    this.end(call, {
      outcome,
      detail: failed ? errorText(answer) : null,
      errorCode: failed ? Number(answer.value(CODE)) : null,
      resultBytes: answer.length,
    }, { result: failed ? null : answer.bodyBytes });
  }

  /** Ends a call. */
  end(call: Call, end: EndOfCall, payloads: Payloads = {}): void {
    this.#finish(call, end);
    this.#pipeline.end(call);
    this.#tell("call_ended", call, payloads);
  }

  /** Amends the call that began `task`, if there is one, when that task has ended. */
  taskEnded(task: string, end: TaskEnd, bytes: number): void {
    const call = this.#tasks.settle(task, end);
    if (call === undefined) return;
    // Which task a message speaks of is what the agent, or the server, says of it.
    call.isUncertain = true;
    this.#finish(call, { ...end, resultBytes: bytes });
    this.#tell("call_amended", call, { result: end.result });
  }

  /** Whether any stage inspects messages. */
  get inspects(): boolean {
    return this.#pipeline.inspects;
  }

  /**
   * Shows a message to the stages before it is forwarded.
   *
   * @throws what a stage throws.
   */
  inspect(message: Message, passage: Passage): void {
    this.#pipeline.inspect(message, passage);
  }

  /** Tells every tap; one that throws costs a log line. */
  emit(event: SessionEvent): void {
    for (const tap of this.#taps) {
      try {
        tap(event);
      } catch (fault) {
        this.#context.onFault("tap", fault);
      }
    }
  }

  #tell(
    type: "call_started" | "call_ended" | "call_amended",
    call: Call,
    payloads: Payloads,
  ): void {
    const draft = draftOf(call, payloads);
    this.#pipeline.redact(call, draft);
    this.emit({ type, record: Object.freeze(draft), handle: call });
  }

  #newCall(message: Message): Call {
    this.client = clientOfRequest(message, this.client);
    return this.#callOf({
      requestId: message.id,
      method: message.method,
      tool: toolNameOf(message),
      requestBytes: message.length,
    });
  }

  #callOf(asked: Asked): Call {
    const { callIds, wall, mono } = this.#context, startedAt = wall();
    return new Call(callIds.next(startedAt), startedAt, mono(), this.client, asked);
  }

  #finish(call: Call, end: EndOfCall): void {
    call.end = {
      outcome: end.outcome,
      policyHit: end.policyHit ?? null,
      detail: end.detail ?? null,
      errorCode: end.errorCode ?? null,
      resultBytes: end.resultBytes ?? null,
      latencyMs: this.#context.mono() - call.startedMono,
    };
  }
}
