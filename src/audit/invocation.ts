/**
 * A stored row as readers see it, and its JSON.
 *
 * @module
 */

/** One row of `tool_invocations`: the original's columns first, in its order, then ours. */
export interface InvocationRow {
  readonly id: string;
  /** RFC 3339 in UTC, with `Z`. */
  readonly timestamp: string;
  /** The agent's name. */
  readonly agent_id: string | null;
  readonly session_id: string | null;
  readonly server_name: string;
  readonly tool_name: string;
  /** JSON text. */
  readonly arguments: string | null;
  /** JSON text. */
  readonly result: string | null;
  readonly latency_ms: number | null;
  /** A `Status`; a database of the original may hold other texts. */
  readonly status: string;
  readonly policy_hit: string | null;
  /** An `Outcome`. */
  readonly outcome: string;
  readonly detail: string | null;
  readonly agent_version: string | null;
  readonly protocol_version: string | null;
  readonly method: string | null;
  /** JSON text of the JSON-RPC id. */
  readonly request_id: string | null;
  readonly request_bytes: number | null;
  readonly result_bytes: number | null;
  readonly latency_us: number | null;
  /** JSON array of the ids of shadow rules that would have changed the call. */
  readonly shadow_hits: string | null;
  /** `host/pid` of the process that wrote the row. */
  readonly gateway: string | null;
}

/** The columns in the order of {@link InvocationRow}. */
export const INVOCATION_COLUMNS: readonly (keyof InvocationRow)[] = Object.freeze([
  "id",
  "timestamp",
  "agent_id",
  "session_id",
  "server_name",
  "tool_name",
  "arguments",
  "result",
  "latency_ms",
  "status",
  "policy_hit",
  "outcome",
  "detail",
  "agent_version",
  "protocol_version",
  "method",
  "request_id",
  "request_bytes",
  "result_bytes",
  "latency_us",
  "shadow_hits",
  "gateway",
]);

/** The columns that hold JSON text, and are values in the JSON of a row. */
const JSON_COLUMNS: ReadonlySet<keyof InvocationRow> = new Set([
  "arguments",
  "result",
  "request_id",
  "shadow_hits",
]);

/**
 * A row as one line of JSON: what `logs --jsonl`, the REST API and the live feed give out.
 *
 * Payloads are spliced in as they were stored, so that big integers survive.
 */
export function toJsonLine(row: InvocationRow): string {
  const members = INVOCATION_COLUMNS.map((column) => {
    const value = row[column];
    const json = JSON_COLUMNS.has(column) && typeof value === "string"
      ? embedded(value)
      : JSON.stringify(value);
    return `"${column}":${json}`;
  });
  return `{${members.join(",")}}`;
}

/** JSON text as it is, on one line; any other text as a JSON string. */
function embedded(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return JSON.stringify(text);
  }
  return text.replaceAll(/[\r\n]+/g, " "); // in JSON these stand between tokens only
}
