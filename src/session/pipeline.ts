/**
 * The stages that a call walks through, and back.
 *
 * @module
 */

import type { Message } from "../wire/message.ts";
import { KeptBack, WIRE_CODES } from "../errors.ts";
import type { Call, ClientInfo, Direction, Refusal } from "./call.ts";
import type { PolicyHit } from "./hits.ts";
import { uninspected } from "./refusals.ts";
import { blank, type RecordDraft } from "./record.ts";

/** Settles a hold: with a refusal, or without one to let the call through. */
export type Settle = (refusal?: Refusal) => void;

/** A call that a stage neither lets through nor refuses yet. */
export interface Hold {
  /**
   * Whether it is settled soon and by itself: then an agent with much to say is made to wait, while
   * calls that wait for a person are refused when there are too many.
   */
  readonly isBrief: boolean;
  /**
   * Called once, when the call is parked and its record was told. Whoever holds it calls `settle`
   * when it knows, now or later, from anywhere. A second `settle`, or one for a call that has ended
   * meanwhile, does nothing. What throws here refuses the call.
   */
  start(settle: Settle): void;
}

/** Answer of a stage: undefined lets the call through. */
export type Verdict = Refusal | Hold | undefined;

/** Whether a verdict is a refusal. */
export function isRefusal(verdict: Verdict): verdict is Refusal {
  return verdict !== undefined && "code" in verdict;
}

/** Context of a message that is about to be forwarded. */
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
 * A call has these phases, and a stage takes part in those it implements:
 *
 * | phase     | hook        | order     | what happens                                          |
 * | --------- | ----------- | --------- | ----------------------------------------------------- |
 * | admitted  | –           |           | its id is free, its request is remembered              |
 * | judged    | `onRequest` | forwards  | let through, refused, or held                          |
 * | held      | `onHeld`    | forwards  | parked with a copy of its text                         |
 * | recorded  | `onRecord`  | forwards  | a record is redacted, frozen, told to the taps         |
 * | inspected | `onMessage` | forwards  | its text is edited                                     |
 * | forwarded | –           |           | it leaves for the server                               |
 * | answered  | `onMessage` | backwards | its answer's text is edited                            |
 * | ended     | `onEnd`     | backwards | however it ended; then it is recorded again            |
 *
 * - **Judged.** The first refusal ends the walk. What throws here refuses the call: what was not
 *   understood is not forwarded. A call that was held goes on with the next stage.
 * - **Held.** What is still wanted of the message has to be read now: its bytes will be used again.
 *   What throws here refuses the call.
 * - **Recorded.** Comes before taps see the call, at its start, at its end, and when a task that it
 *   began ends. May replace what is in the record; knows nothing of other taps. What throws here
 *   costs the record all that came from outside.
 * - **Inspected, answered.** Sees every message, of whatever kind, and may replace parts of its text
 *   (`message.edit`). What throws here keeps the message back, and whoever waits is told.
 * - **Ended.** Comes exactly once for every call that this stage let through or held, also for one that
 *   went no further than the next stage. What throws here costs a log line.
 */
export interface Stage {
  readonly name: PolicyHit;
  /** Judges a call. */
  onRequest?(call: Call, message: Message): Verdict;
  /**
   * Judges a message of the agent that calls no tool: a request, or a notification that is none of
   * MCP's. Not part of a call: what is refused leaves a record, what passes does not. What throws
   * here refuses it.
   */
  onOtherRequest?(message: Message, client: ClientInfo): Refusal | undefined;
  /** Reads what it still wants of the message of a call that is being held. */
  onHeld?(call: Call): void;
  /** Inspects a message that is about to be forwarded, either way. */
  onMessage?(message: Message, passage: Passage): void;
  /** Redacts a record. */
  onRecord?(call: Call, draft: RecordDraft): void;
  /** Hears of the end of a call that it let through or held. */
  onEnd?(call: Call): void;
}

/** The composition of the stages, in order. */
export class Pipeline {
  readonly #stages: readonly Stage[];
  readonly #onFault: (stage: string, fault: unknown) => void;
  /** Those with `onMessage`, forwards and backwards, and those with `onRecord`. */
  readonly #toServer: readonly Stage[];
  readonly #toAgent: readonly Stage[];
  readonly #recording: readonly Stage[];
  readonly #judgingOthers: readonly Stage[];

  /** @param onFault Called when a stage throws. */
  constructor(stages: readonly Stage[], onFault: (stage: string, fault: unknown) => void) {
    this.#stages = stages;
    this.#toServer = stages.filter((stage) => stage.onMessage !== undefined);
    this.#toAgent = this.#toServer.toReversed();
    this.#recording = stages.filter((stage) => stage.onRecord !== undefined);
    this.#judgingOthers = stages.filter((stage) => stage.onOtherRequest !== undefined);
    this.#onFault = onFault;
  }

  /**
   * Has the stages that have not let a call through yet judge it, until one of them does not. A
   * call that was held goes on behind the stage that held it.
   */
  judge(call: Call, message: Message): Verdict {
    while (call.stagesPassed < this.#stages.length) {
      const stage = this.#stages[call.stagesPassed]!;
      try {
        const verdict = stage.onRequest?.(call, message);
        if (isRefusal(verdict)) return verdict;
        call.stagesPassed++;
        if (verdict !== undefined) return verdict;
      } catch (fault) {
        return this.#refuse(stage, fault);
      }
    }
    return undefined;
  }

  /**
   * Tells the stages that let a call through, and the one that holds it. A refusal is the answer.
   */
  hold(call: Call): Refusal | undefined {
    for (let i = 0; i < call.stagesPassed; i++) {
      const stage = this.#stages[i]!;
      try {
        stage.onHeld?.(call);
      } catch (fault) {
        return this.#refuse(stage, fault);
      }
    }
  }

  /** Has the stages judge a message that calls no tool; the first refusal ends the walk. */
  judgeOther(message: Message, client: ClientInfo): Refusal | undefined {
    for (const stage of this.#judgingOthers) {
      try {
        const refusal = stage.onOtherRequest!(message, client);
        if (refusal !== undefined) return refusal;
      } catch (fault) {
        return this.#refuse(stage, fault);
      }
    }
    return undefined;
  }

  /** Begins a hold; a refusal is the answer when that throws. */
  start(call: Call, hold: Hold, settle: Settle): Refusal | undefined {
    const stage = this.#stages[call.stagesPassed - 1]!;
    try {
      hold.start(settle);
    } catch (fault) {
      return this.#refuse(stage, fault);
    }
  }

  /** Number of stages. */
  get length(): number {
    return this.#stages.length;
  }

  /** Whether any stage inspects messages. */
  get inspects(): boolean {
    return this.#toServer.length > 0;
  }

  /**
   * Shows a message to every stage that inspects messages.
   *
   * @throws what a stage throws.
   */
  inspect(message: Message, passage: Passage): void {
    const stages = passage.direction === "to_server" ? this.#toServer : this.#toAgent;
    for (const stage of stages) stage.onMessage!(message, passage);
  }

  /** Has every stage redact what it must of a record. */
  redact(call: Call, draft: RecordDraft): void {
    for (const stage of this.#recording) {
      try {
        stage.onRecord!(call, draft);
      } catch (fault) {
        this.#onFault(stage.name, fault);
        blank(draft);
      }
    }
  }

  /**
   * Tells every stage that let a call through, or held it, of its end; a second time tells nobody.
   */
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

  #refuse({ name }: Stage, fault: unknown): Refusal {
    if (fault instanceof KeptBack) return uninspected(fault);
    this.#onFault(name, fault);
    return {
      outcome: "error",
      policyHit: name,
      code: WIRE_CODES.internalError,
      message: `The tool was not executed: the gateway's ${name} stage failed. ` +
        "Ask the operator to look at the gateway's log.",
    };
  }
}
