/**
 * Questions to the audit log: the newest rows, and the rows as they come.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { forgetOldest } from "../oldest.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import type { InvocationRow } from "./columns.ts";
import { type InvocationFilter, InvocationReader } from "./reader.ts";

/**
 * Rows that pass the filter, newest first, at most `limit`.
 *
 * @throws {AuditError} `missing` when there is no audit log yet, or why it cannot be read.
 */
export function queryInvocations(
  path: string,
  filter: InvocationFilter & { readonly limit: number },
): InvocationRow[] {
  using reader = new InvocationReader(path);
  return reader.newest(filter, filter.limit);
}

/**
 * Rows that are inserted or completed from now on, oldest first, until `signal` aborts. A call that
 * takes long comes twice: `open`, and once more with its end.
 *
 * @throws {AuditError} As {@link queryInvocations}.
 */
export async function* followInvocations(
  path: string,
  filter: InvocationFilter,
  signal: AbortSignal,
): AsyncGenerator<InvocationRow, void, void> {
  using reader = new InvocationReader(path);
  // The version first: what is committed after it is looked for.
  let version = reader.dataVersion();
  const changes = new ChangeFeed(reader, filter);
  while (!signal.aborted) {
    await delay(AUDIT_BOUNDS.followEveryMs, undefined, { signal }).catch(() => {});
    const now = reader.dataVersion();
    if (now === version) continue;
    version = now;
    yield* changes.take();
  }
}

/** Outcomes of rows that will change. */
const UNFINISHED: ReadonlySet<string> = new Set(["open", "task"]);

/** Changes in the table since it was last looked at. */
class ChangeFeed {
  #lastRow: number;
  /** Outcomes of the unfinished rows that were seen, by row number. */
  readonly #unfinished = new Map<number, string>();

  constructor(readonly reader: InvocationReader, readonly filter: InvocationFilter) {
    this.#lastRow = reader.lastRow();
    for (const rowNumber of reader.openRows()) {
      if (rowNumber <= this.#lastRow) this.#unfinished.set(rowNumber, "open");
    }
  }

  *take(): Generator<InvocationRow, void, void> {
    const after = Math.min(this.#lastRow, this.reader.lastRow()); // retention may empty the table
    for (const changed of this.reader.rowsAfter(after, [...this.#unfinished.keys()], this.filter)) {
      const { rowNumber, row, passes } = changed;
      this.#lastRow = Math.max(after, rowNumber);
      if (this.#unfinished.get(rowNumber) === row.outcome) continue;
      this.#remember(rowNumber, row.outcome);
      if (passes) yield row;
    }
  }

  #remember(rowNumber: number, outcome: string): void {
    this.#unfinished.delete(rowNumber);
    if (!UNFINISHED.has(outcome)) return;
    this.#unfinished.set(rowNumber, outcome);
    forgetOldest(this.#unfinished, AUDIT_BOUNDS.followedRows);
  }
}
