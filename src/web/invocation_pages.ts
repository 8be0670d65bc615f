/**
 * Pages of the audit log: newest first, filtered, in slices that each take some milliseconds, so that
 * a filter which matches nothing in millions of rows keeps nobody waiting.
 *
 * @module
 */

import { timestampText, type Value } from "../audit/columns.ts";
import { isRareOutcome, NOT_ALLOWED } from "../audit/indices.ts";
import { isRefusal, isStatus, statusTerm } from "../audit/reader.ts";
import { type LeadSql, leadSql, type LeadWords } from "./lead.ts";
import { type LogRow, type LogSource, type OpenLog, toLogRow } from "./log_source.ts";
import { nextTurn, turnsEvery } from "./next_turn.ts";
import { BadRequest, QUERY_BOUNDS, type QueryWords } from "./query_words.ts";

/** Milliseconds after which others are served. */
const TURN_MS = 10;
/** Rows that one export reads at a time. */
const EXPORT_ROWS = 500;

/** The parameters of a filter. */
export const FILTER_WORDS: readonly string[] = Object.freeze([
  ...["tool", "status", "server", "agent", "host", "gateway", "rule", "session", "outcome"],
  ...["since", "until", "took", "text", "shadow"],
]);

/** The other parameters of `/api/invocations`. */
export const PAGE_WORDS: readonly string[] = Object.freeze([
  ...["limit", "offset", "cursor", "within", "format", "view"],
]);

/** Only what was refused or failed names who did it. */
const HAS_HIT = `status IN ('denied', 'error', 'rate_limited') AND ${NOT_ALLOWED}`;

/** A condition in SQL. */
export interface RowFilter {
  readonly sql: string;
  readonly values: readonly Value[];
  /** What may lead to the rows. */
  readonly lead: Omit<LeadWords, "host">;
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/**
 * Reads a filter.
 *
 * @throws {BadRequest} for words that mean nothing.
 */
export function readFilter(words: QueryWords, now: number): RowFilter {
  const terms: string[] = [], values: Value[] = [];
  const equals = (column: string, value: string | undefined) => {
    if (value === undefined) return;
    terms.push(`${column} = ?`);
    values.push(value);
  };
  equals("tool_name", words.text("tool"));
  equals("server_name", words.text("server"));
  equals("agent_id", words.text("agent"));
  equals("host", words.text("host"));
  equals("gateway", words.text("gateway"));
  const rule = words.text("rule");
  equals("policy_hit", rule);
  if (rule !== undefined) terms.push(HAS_HIT);
  equals("session_id", words.text("session"));
  const asked = ["status", "outcome"].flatMap((name) => words.status(name) ?? []);
  for (const word of asked) {
    terms.push(statusTerm(word));
    values.push(word);
  }
  const refused = asked.filter(isRefusal);
  const shadow = words.text("shadow");
  if (shadow !== undefined) terms.push("shadow_hits IS NOT NULL");
  if (shadow !== undefined && shadow !== "any") {
    terms.push("shadow_hits LIKE ? ESCAPE '\\'");
    values.push(`%:${likely(JSON.stringify(shadow).slice(1, -1))}"%`);
  }
  const took = words.took("took"), text = words.text("text");
  if (took !== undefined) {
    terms.push(took.sql);
    values.push(took.us);
  }
  if (text !== undefined) {
    const like = `%${likely(text)}%`;
    terms.push(
      "(arguments LIKE ? ESCAPE '\\' OR result LIKE ? ESCAPE '\\' OR detail LIKE ? ESCAPE '\\')",
    );
    values.push(like, like, like);
  }
  return {
    sql: terms.join(" AND ") || "TRUE",
    values,
    lead: {
      rule,
      refused: refused.find(isStatus),
      rareOutcome: asked.find((word) => !isStatus(word) && isRareOutcome(word)),
      isRefused: rule !== undefined || refused.length > 0,
      hasText: text !== undefined,
    },
    since: words.time("since", now),
    until: words.time("until", now),
  };
}

/** A text as a pattern of LIKE that means itself. */
function likely(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}

/** A place in the order of the rows: those behind it are older. */
export interface Cursor {
  readonly timestamp: string;
  readonly rowNumber: number;
}

const NEWEST: Cursor = Object.freeze({ timestamp: "~", rowNumber: Number.MAX_SAFE_INTEGER });

/** One page, and where the next begins; null when there is none. */
export interface Page {
  readonly rows: readonly LogRow[];
  readonly next: Cursor | null;
}

/** Reads pages of one filter. */
export class InvocationPages {
  readonly #log: LogSource;
  readonly #filter: RowFilter;
  readonly #hours: readonly number[] | undefined;
  readonly #host: string | undefined;
  #at: Cursor;
  #isOver = false;

  /**
   * @param hours The only ones in which there can be rows that pass, newest first; as `knownHours`.
   * @param host The only machine whose calls pass; as `hostAsked`.
   */
  constructor(
    log: LogSource,
    filter: RowFilter,
    from: Cursor | undefined,
    hours?: readonly number[] | undefined,
    host?: string | undefined,
  ) {
    this.#log = log;
    this.#hours = hours;
    this.#host = host;
    this.#filter = filter;
    this.#at = from ?? { ...NEWEST, timestamp: filter.until ?? NEWEST.timestamp };
    // Rows that began at `until` itself are not among them.
    if (from === undefined && filter.until !== undefined) this.#at = { ...this.#at, rowNumber: -1 };
  }

  /** Where the next row would come from; null at the end. */
  get next(): Cursor | null {
    return this.#isOver ? null : this.#at;
  }

  /** Rows of the next slice that pass, at most `limit`. */
  slice(limit: number): LogRow[] {
    return this.#log.read((log) => this.#slice(log, limit));
  }

  /** A whole page; between its slices others are served. Ends early after `withinMs`. */
  async page(limit: number, offset: number, withinMs: number): Promise<Page> {
    const end = performance.now() + withinMs;
    const rows: LogRow[] = [];
    const turn = turnsEvery(TURN_MS);
    for (
      let left = limit + offset;
      left > 0 && !this.#isOver;
      left = limit + offset - rows.length
    ) {
      rows.push(...this.slice(Math.min(left, EXPORT_ROWS)));
      if (performance.now() >= end) break;
      if (rows.length < limit + offset && !this.#isOver) await turn();
    }
    return { rows: rows.slice(offset), next: this.next };
  }

  /** All rows, in the pieces that they are read in. */
  async *all(limit: number): AsyncGenerator<LogRow[], void, void> {
    for (let left = limit; left > 0 && !this.#isOver;) {
      const rows = this.slice(Math.min(left, EXPORT_ROWS));
      left -= rows.length;
      yield rows;
      await nextTurn();
    }
  }

  #slice(log: OpenLog, limit: number): LogRow[] {
    const { db, columns } = log;
    const hour = this.#skip();
    if (this.#isOver) return [];
    const { sql, values, since = "" } = this.#filter, { timestamp, rowNumber } = this.#at;
    const lead = leadSql(log, { ...this.#filter.lead, host: this.#host });
    const slice = this.#floorOf(db, since, lead);
    const floor = lead.isByHour && slice < hour ? hour : slice;
    const rows = db.prepare(
      `SELECT * FROM (SELECT ${columns} FROM ${lead.table} WHERE ${lead.term}
       AND timestamp >= ? AND timestamp <= ? AND (timestamp < ? OR rowid < ?)) WHERE ${sql}
       ORDER BY timestamp DESC, row_number DESC LIMIT ?`,
    ).all(...lead.values, floor, timestamp, timestamp, rowNumber, ...values, limit);
    const last = rows.at(-1);
    if (rows.length === limit && last !== undefined) {
      this.#at = { timestamp: String(last.timestamp), rowNumber: Number(last.row_number) };
    } else if (floor <= since) this.#isOver = true;
    else this.#at = { timestamp: floor, rowNumber: -1 };
    return rows.map(toLogRow);
  }

  /** Goes on to the next hour in which there can be something. Gives its beginning. */
  #skip(): string {
    if (this.#hours === undefined) return "";
    const { timestamp, rowNumber } = this.#at;
    const hour = this.#hours.find((at) => {
      const begins = timestampText(at * 1000);
      return begins < timestamp || begins === timestamp && rowNumber >= 0;
    });
    if (hour === undefined) {
      this.#isOver = true;
      return "";
    }
    const end = timestampText((hour + 3600) * 1000);
    if (end < timestamp) this.#at = { timestamp: end, rowNumber: -1 };
    return timestampText(hour * 1000);
  }

  /** The time at which the slice ends: `since`, or that of a row so many rows back. */
  #floorOf(db: OpenLog["db"], since: string, lead: LeadSql): string {
    const { table, byTime = table, term, values, sliceRows } = lead;
    const row = db.prepare(
      `SELECT timestamp FROM ${byTime} WHERE ${term} AND timestamp < ? ORDER BY timestamp DESC
       LIMIT 1 OFFSET ?`,
    ).get(...values, this.#at.timestamp, sliceRows);
    const floor = String(row?.timestamp ?? "");
    return floor > since ? floor : since;
  }
}

/** A cursor as text that may stand in an address. */
export function cursorText({ timestamp, rowNumber }: Cursor): string {
  const text = new TextEncoder().encode(`${timestamp} ${rowNumber}`);
  return text.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** @throws {BadRequest} for a text that no answer has given. */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  const [, timestamp, number] = /^(\S{0,40}) (-1|\d{1,15})$/.exec(decoded(text)) ?? [];
  if (timestamp === undefined) throw new BadRequest("cursor is not one that was given out");
  return { timestamp, rowNumber: Number(number) };
}

function decoded(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(text, { alphabet: "base64url" }));
  } catch {
    return "";
  }
}

/** The limits of a page. */
export function readPage(words: QueryWords): { limit: number; offset: number; withinMs: number } {
  const { maxLimit, defaultLimit } = QUERY_BOUNDS;
  return {
    limit: words.count("limit", defaultLimit, 1, maxLimit),
    offset: words.count("offset", 0, 0, 1_000_000),
    withinMs: words.count("within", Infinity, 1, 60_000),
  };
}
