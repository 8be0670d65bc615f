/**
 * A policy that is learned from the newest calls, while others are served. Nothing is put in force.
 *
 * @module
 */

import { REPLAY_COLUMNS, type ReplayReader } from "../audit/replay_reader.ts";
import { learn } from "../simulate/learn/learn.ts";
import type { RecordedRow } from "../simulate/replay/recorded_call.ts";
import { type LogRow, type LogSource, toLogRow } from "./log_source.ts";
import { turnsEvery } from "./next_turn.ts";

/** Bounds of learning. */
export const LEARN_BOUNDS = Object.freeze({
  /** Calls that are looked at, the newest of the log. */
  calls: 100_000,
  /** Calls that are read at a time. */
  slice: 200,
  /** Milliseconds after which others are served. */
  turnMs: 10,
  /** Calls that a tool has at least, unless something else is asked for; and the most that can be. */
  minCalls: 3,
  maxMinCalls: 1_000_000,
  /** Calls of each tool that become tests. */
  tests: 2,
});

/** Which calls are learned from; what is absent does not filter. */
export interface LearnFilter {
  readonly server?: string | undefined;
  /** As the column `timestamp` writes it. */
  readonly since?: string | undefined;
  readonly minCalls: number;
}

/**
 * Learns it; gives the text of the file, which begins with what was looked at.
 *
 * @param others What the log knows besides its calls.
 * @throws {LogUnavailable} when the calls cannot be read now.
 * @throws {DOMException} when nobody waits for the answer any more.
 */
export async function learnedPolicy(
  log: LogSource,
  others: ReplayReader,
  { minCalls, ...filter }: LearnFilter,
  signal: AbortSignal,
): Promise<string> {
  const calls = new NewestCalls(log, filter);
  const turn = turnsEvery(LEARN_BOUNDS.turnMs);
  const text = await learn({
    rows: () => calls.rows(),
    listedArguments: (server, tool) => others.listedArguments(server, tool),
    homes: () => others.homes(),
    pause: () => turn()?.then(() => signal.throwIfAborted()),
  }, { name: "learned", minCalls, tests: LEARN_BOUNDS.tests, roots: [] });
  return `${calls.coverage()}\n${text}`;
}

/** The newest calls as they came, the same each time; in between, nothing of the log is held. */
class NewestCalls {
  readonly #log: LogSource;
  readonly #filter: Omit<LearnFilter, "minCalls">;
  /** Number of the row before the first of them, and of the last. */
  readonly #before: number;
  readonly #last: number;
  /** Whether there are older ones. */
  readonly #isCut: boolean;
  /** Rows that were open when they were read first: how those end is news. */
  readonly #open = new Set<number>();
  #calls = 0;
  #since: string | null = null;

  constructor(log: LogSource, filter: Omit<LearnFilter, "minCalls">) {
    const { first, last } = log.read(({ db }) =>
      db.prepare("SELECT min(rowid) AS first, max(rowid) AS last FROM tool_invocations").get()!
    );
    this.#log = log;
    this.#filter = filter;
    this.#last = Number(last);
    this.#before = Math.max(Number(first) - 1, this.#last - LEARN_BOUNDS.calls);
    this.#isCut = Number(first) <= this.#before;
  }

  *rows(): Generator<RecordedRow, void, void> {
    this.#calls = 0;
    this.#since = null;
    for (let from = this.#before; from < this.#last; from += LEARN_BOUNDS.slice) {
      for (const { rowNumber, row } of this.#slice(from)) {
        if (row.outcome === "open") this.#open.add(rowNumber);
        if (this.#open.has(rowNumber)) continue;
        this.#calls++;
        this.#since ??= row.timestamp;
        yield row;
      }
    }
  }

  /** What was looked at, as a comment. */
  coverage(): string {
    const calls = `${this.#calls.toLocaleString("en-US")} ${this.#calls === 1 ? "call" : "calls"}`;
    const since = this.#since === null ? "" : ` since ${this.#since}`;
    const newest = LEARN_BOUNDS.calls.toLocaleString("en-US");
    const cut = this.#isCut ? `; of the log, only the newest ${newest} calls` : "";
    return `# Looked at: ${calls}${since}${cut}.`;
  }

  #slice(from: number): LogRow[] {
    const { server, since } = this.#filter, to = Math.min(this.#last, from + LEARN_BOUNDS.slice);
    const conditions = ["row_number > ?", "row_number <= ?"],
      values: (string | number)[] = [from, to];
    const asked = [["server_name = ?", server], ["timestamp >= ?", since]] as const;
    for (const [condition, value] of asked) {
      if (value === undefined) continue;
      conditions.push(condition);
      values.push(value);
    }
    return this.#log.read(({ db, columns }) =>
      db.prepare(
        `SELECT row_number, change, ${REPLAY_COLUMNS.join(", ")}
         FROM (SELECT ${columns} FROM tool_invocations)
         WHERE ${conditions.join(" AND ")} ORDER BY row_number`,
      ).all(...values).map(toLogRow)
    );
  }
}
