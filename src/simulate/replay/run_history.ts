/**
 * What is known of one start of a gateway while its calls are walked through.
 *
 * @module
 */

import { forgetOldest } from "../../oldest.ts";
import type { ServerPlaces } from "../../policy/matchers.ts";
import type { RecordedRow } from "./recorded_call.ts";

/** A policy that was in force; see `replay_reader.ts` of the audit log. */
export interface InForce {
  readonly digest: string;
  readonly sinceUs: number;
  readonly cwd: string;
  readonly home: string | undefined;
  readonly at: number;
}

/** A log that knows which policies were in force. */
export interface RunLog {
  inForce(run: string): readonly InForce[];
  size(): { readonly isPruned: boolean; readonly oldestMs: number };
}

/** Runs that are remembered; of one that was forgotten, calls are missing. */
export const MAX_RUNS = 4096;

/** Sessions of a run that are remembered. */
const MAX_SESSIONS = 10_000;

/** One run. */
export class RunHistory {
  /** Where its server ran; undefined where nobody knows. */
  readonly places: ServerPlaces | undefined;
  /** Monotonic milliseconds before which calls are missing; -Infinity for none. */
  missingUntilMs = -Infinity;
  /** Whether its first calls were deleted. */
  lacksBeginning = false;
  /** Calls that each session had so far. */
  readonly #sessions = new Map<string, number>();

  /** @param inForce Its policies, one after the other. */
  constructor(readonly inForce: readonly InForce[]) {
    this.places = inForce[0];
  }

  /** Takes a call in; one before it may be missing. */
  note({ session_id: session, session_calls: calls }: RecordedRow, nowMs: number): void {
    if (this.lacksBeginning) {
      this.missingUntilMs = nowMs;
      this.lacksBeginning = false;
    }
    if (session === null || calls === null) return;
    if (calls !== (this.#sessions.get(session) ?? 0)) this.missingUntilMs = nowMs;
    this.#sessions.set(session, calls + 1);
    if (this.#sessions.size > MAX_SESSIONS) forgetOldest(this.#sessions, MAX_SESSIONS);
  }
}

/** The runs that calls are of, each from its first call on. */
export class RunHistories {
  readonly #log: RunLog;
  readonly #runs = new Map<string, RunHistory>();
  #size: ReturnType<RunLog["size"]> | undefined;

  constructor(log: RunLog) {
    this.#log = log;
  }

  /** The run of a call; null for a call that was recorded before runs were. */
  of({ run }: RecordedRow): RunHistory | null {
    if (run === null) return null;
    let history = this.#runs.get(run);
    if (history === undefined) {
      history = new RunHistory(this.#log.inForce(run));
      this.#size ??= this.#log.size();
      const { isPruned, oldestMs } = this.#size, [first] = history.inForce;
      history.lacksBeginning = isPruned && (first?.at ?? -Infinity) < oldestMs;
      this.#runs.set(run, history);
      forgetOldest(this.#runs, MAX_RUNS);
    }
    return history;
  }
}
