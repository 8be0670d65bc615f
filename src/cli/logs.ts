/**
 * `agentgate logs`: the recorded calls, as a table, as JSON lines or as CSV.
 *
 * @module
 */

import type { InvocationRow } from "../audit/columns.ts";
import { followInvocations, queryInvocations } from "../audit/query.ts";
import { loadConfig } from "../config/config.ts";
import { type FilterWords, parseFilter } from "./logs/filter.ts";
import { asCsv, asJsonLines, type Format } from "./logs/formats.ts";
import { tableFormat } from "./logs/table.ts";
import { localZone, UTC } from "./logs/zone.ts";
import { searchLog } from "../web/log_search.ts";
import { print } from "./output.ts";
import type { GlobalOptions } from "./options.ts";

/** The options of `logs`, as typed. */
export interface LogsOptions extends GlobalOptions, FilterWords {
  readonly jsonl?: true;
  readonly csv?: true;
  readonly follow?: true;
  readonly utc?: true;
}

/**
 * Prints the rows that pass the filter.
 *
 * @returns The exit code.
 * @throws {UsageError} for an option whose value means nothing.
 * @throws {AuditError} when there is no database, or it cannot be read. None is created.
 */
export async function logs(options: LogsOptions): Promise<number> {
  const zone = options.utc ? UTC : localZone();
  const filter = parseFilter(options, Date.now(), zone);
  const { dbPath } = await loadConfig({
    path: options.config,
    db: options.db,
    env: Deno.env.toObject(),
  });
  const isOpenEnded = options.follow === true, terminalWidth = widthOfTerminal();
  const table = tableFormat({ zone, terminalWidth, isOpenEnded });
  const format = options.jsonl ? asJsonLines : options.csv ? asCsv : table;
  if (options.follow) {
    await follow(dbPath, filter, format);
  } else {
    const rows = searchLog(dbPath, filter) ?? queryInvocations(dbPath, filter);
    const { head, lines, foot, empty } = format(rows);
    await print(rows.length === 0 ? empty : head + lines(rows) + foot);
  }
  return 0;
}

/** Columns of the terminal that the output goes to; null when it goes elsewhere. */
function widthOfTerminal(): number | null {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : null;
}

/** Prints the newest rows, oldest first, and then each call when it has ended, until interrupted. */
async function follow(
  dbPath: string,
  filter: ReturnType<typeof parseFilter>,
  format: Format,
): Promise<void> {
  const interrupt = new AbortController();
  Deno.addSignalListener("SIGINT", () => interrupt.abort());
  const coming = followInvocations(dbPath, filter, interrupt.signal);
  // Watching begins before the past is read, so that no row falls between the two.
  let next = coming.next();
  const wanted = (row: InvocationRow) => row.outcome !== "open" || filter.status === "open";
  const past = queryInvocations(dbPath, filter).filter(wanted).toReversed();
  const { head, lines } = format(past);
  await print(head + lines(past));
  const printed = new Set(past.map(({ id, outcome }) => `${id} ${outcome}`));
  for (let step = await next; !step.done; step = await next) {
    const row = step.value;
    if (wanted(row) && !printed.has(`${row.id} ${row.outcome}`)) await print(lines([row]));
    next = coming.next();
  }
}
