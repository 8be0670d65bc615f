/**
 * The stages that a call walks through, and back.
 *
 * @module
 */

import type { Call, Direction, Outcome } from "./call.ts";
import type { Message } from "../wire/message.ts";
import { NO_PEER } from "./client_info.ts";

/** Why a call does not go on, and what the agent is told. */
export interface Refusal {
  readonly outcome: Outcome;
  /** The rule or limit that refused it: the `policy_hit` column. */
  readonly policyHit: string | null;
  /** JSON-RPC error code. */
  readonly code: number;
  /** Says that the tool was not executed, and what to do instead. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Where a message stands when it is about to be forwarded. */
export interface Passage {
  readonly direction: Direction;
  /** The method of the request: the message's own, or of the request that it answers; or null. */
  readonly method: string | null;
  /** The call that the message makes or answers, or null. */
  readonly call: Call | null;
}

/**
 * One concern of the line. Stages are synchronous: they see a call and the clock, and answer.
 *
 * A stage that throws in `onRequest` refuses the call: what was not understood is not forwarded.
 */
export interface Stage {
  readonly name: string;
  /** Lets the call through by answering undefined. */
  onRequest?(call: Call, message: Message): Refusal | undefined;
  /** Sees the answer of a call that this stage let through, in the reverse order of requests. */
  onResponse?(call: Call, message: Message): void;
  /**
   * Sees every message, of whatever kind and either way, before it is forwarded, and may replace
   * parts of its text (`message.edit`). A throw keeps the message back; whoever waits is told.
   */
  onMessage?(message: Message, passage: Passage): void;
  /** Redacts what taps may not see of a call: before `call_started`, and again before its end. */
  onRecord?(call: Call): void;
  /** Comes exactly once for every call that this stage let through, however it ended. */
  onEnd?(call: Call): void;
}

/** The composition of the stages, in order. */
export class Pipeline {
  readonly #stages: readonly Stage[];
  readonly #onFault: (stage: string, fault: unknown) => void;
  readonly #watching: readonly Stage[];
  readonly #redacting: readonly Stage[];

  /** @param onFault Told of a stage that threw. */
  constructor(stages: readonly Stage[], onFault: (stage: string, fault: unknown) => void) {
    this.#stages = stages;
    this.#watching = stages.filter((stage) => stage.onMessage !== undefined);
    this.#redacting = stages.filter((stage) => stage.onRecord !== undefined);
    this.#onFault = onFault;
  }

  /** Walks a request through the stages; the first refusal ends the walk. */
  request(call: Call, message: Message): Refusal | undefined {
    for (const stage of this.#stages) {
      const refusal = this.#ask(stage, call, message);
      if (refusal !== undefined) return refusal;
      call.stagesPassed++;
    }
    return undefined;
  }

  /** Walks an answer back. */
  response(call: Call, message: Message): void {
    for (let i = call.stagesPassed - 1; i >= 0; i--) {
      const stage = this.#stages[i]!;
      stage.onResponse?.(call, message);
    }
  }

  /** Whether any stage looks at messages other than calls. */
  get watches(): boolean {
    return this.#watching.length > 0;
  }

  /** Shows a message to every stage that looks at messages. Throws what a stage throws. */
  message(message: Message, passage: Passage): void {
    for (const stage of this.#watching) stage.onMessage!(message, passage);
  }

  /** Has every stage redact what it must of a call's record. */
  record(call: Call): void {
    for (const stage of this.#redacting) {
      try {
        stage.onRecord!(call);
      } catch (fault) {
        this.#onFault(stage.name, fault);
        // What could not be redacted is not shown.
        call.arguments = null;
        call.result = null;
        call.detail = null;
        call.label = "unknown";
        call.requestId = null;
        call.peer = NO_PEER;
      }
    }
  }

  /** Tells every stage that let the call through of its end; a second time tells nobody. */
  end(call: Call): void {
    const passed = call.stagesPassed;
    call.stagesPassed = 0;
    for (let i = passed - 1; i >= 0; i--) {
      const stage = this.#stages[i]!;
      try {
        stage.onEnd?.(call);
      } catch (fault) {
        this.#onFault(stage.name, fault);
      }
    }
  }

  #ask(stage: Stage, call: Call, message: Message): Refusal | undefined {
    try {
      return stage.onRequest?.(call, message);
    } catch (fault) {
      this.#onFault(stage.name, fault);
      return {
        outcome: "error",
        policyHit: stage.name,
        code: -32603,
        message: `The tool was not executed: the gateway's ${stage.name} stage failed. ` +
          "Ask the operator to look at the gateway's log.",
      };
    }
  }
}
