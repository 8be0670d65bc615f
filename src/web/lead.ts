/**
 * What leads to the calls of a filter: an index, where there is one. On one machine, the hours in which a
 * gateway was at work are enough; a copy of the fleet's log, which has hundreds, has an index for theirs.
 *
 * @module
 */

import type { Value } from "../audit/columns.ts";
import { HOST_COLUMN, HOST_INDEX, HOST_REFUSED_INDEX } from "../audit/copy_state.ts";
import {
  IS_RARE_OUTCOME,
  NOT_ALLOWED,
  OUTCOME_INDEX,
  REFUSED_INDEX,
  RULE_INDEX,
} from "../audit/indices.ts";
import type { LogSource, OpenLog } from "./log_source.ts";
import type { QueryWords } from "./query_words.ts";
import type { StatsKeeper } from "./stats_keeper.ts";

/** Rows of a slice that are passed in order, and of one whose rows are looked up one by one or searched. */
const SLICE_ROWS = Object.freeze({ passed: 10_000, lookedUp: 2500 });

/** A part of a query, by which it is led. */
export interface LeadSql {
  readonly table: string;
  readonly term: string;
  readonly values: readonly Value[];
  /** The table by whose index they are in the order of time, if it is another one. */
  readonly byTime?: string;
  /** Rows, in the order of time, that are looked at before others are served. */
  readonly sliceRows: number;
  /** Whether each of the hours in which there is something is looked at by itself. */
  readonly isByHour: boolean;
}

/** What a filter says that an index leads by. */
export interface LeadWords {
  /** The only machine whose calls pass; as {@link hostAsked}. */
  readonly host: string | undefined;
  readonly rule: string | undefined;
  /** A status of calls that were refused or have failed. */
  readonly refused: string | undefined;
  /** An outcome that few calls have. */
  readonly rareOutcome: string | undefined;
  /** Whether only calls pass that were refused or have failed. */
  readonly isRefused: boolean;
  /** Whether texts are searched. */
  readonly hasText: boolean;
}

/** The machine that a filter asks for, by its name or by one of its gateways; undefined for any. */
export function hostAsked(
  words: QueryWords,
  log: LogSource,
  stats: StatsKeeper,
): string | undefined {
  const host = words.text("host"), gateway = words.text("gateway");
  if (host !== undefined || gateway === undefined) return host;
  return log.read((open) => open.isCopy ? hostOf(gateway, open, stats) : undefined);
}

/** The only machine that has such a gateway; undefined where there are more, or that is not known. */
function hostOf(gateway: string, { db }: OpenLog, stats: StatsKeeper): string | undefined {
  return stats.read((counted, { isComplete, isCaughtUp }) => {
    if (!isComplete || !isCaughtUp) return undefined;
    // Calls that are open are not counted yet.
    const open = db.prepare(
      `SELECT DISTINCT ${HOST_COLUMN} AS host FROM tool_invocations
       WHERE outcome = 'open' AND gateway = ?`,
    ).all(gateway);
    const known = counted.prepare("SELECT host FROM gateways WHERE gateway = ?").all(gateway);
    const [host, ...others] = new Set([...open, ...known].map(({ host }) => String(host)));
    return others.length === 0 ? host : undefined;
  });
}

/** What leads to the calls of a filter: the best of the indices that the log has. */
export function leadSql({ isCopy, indices }: OpenLog, words: LeadWords): LeadSql {
  const { host, rule, refused, rareOutcome, isRefused, hasText } = words;
  const table = (index: string) => `tool_invocations INDEXED BY ${index}`;
  if (isCopy && host !== undefined) {
    const ofHost = { term: `${HOST_COLUMN} = ?`, values: [host] }, byTime = table(HOST_INDEX);
    if (!isRefused || !indices.has(HOST_REFUSED_INDEX)) {
      return { ...ofHost, table: byTime, sliceRows: SLICE_ROWS.lookedUp, isByHour: true };
    }
    const refusals = table(HOST_REFUSED_INDEX), sliceRows = SLICE_ROWS.passed;
    return { ...ofHost, table: refusals, byTime, sliceRows, isByHour: false };
  }
  const sliceRows = hasText ? SLICE_ROWS.lookedUp : SLICE_ROWS.passed, isByHour = true;
  const leads: readonly [string, string, string | undefined][] = [
    [RULE_INDEX, "policy_hit = ?", rule],
    [OUTCOME_INDEX, `outcome = ? AND ${IS_RARE_OUTCOME}`, rareOutcome],
    [REFUSED_INDEX, `status = ? AND ${NOT_ALLOWED}`, refused],
  ];
  for (const [index, term, value] of leads) {
    if (value === undefined || !indices.has(index)) continue;
    return { table: table(index), term, values: [value], sliceRows, isByHour };
  }
  return { table: "tool_invocations", term: "TRUE", values: [], sliceRows, isByHour };
}
