/**
 * The audit row: its columns, and a call's values for them.
 *
 * A row has two halves. The *start* half is known when the call begins; the *end* half is `open`
 * then and is overwritten when the call ends. Both travel as flat arrays of primitives in the order
 * of the columns, since arrays of objects would cost more to send to the worker than to write.
 *
 * @module
 */

import type { Call, Outcome, Status } from "../proxy/call.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";

/** What a column can hold. */
export type Value = string | number | null;

/** Columns of the start half, in the order in which {@link addRow} gives them. */
export const START_COLUMNS = Object.freeze(
  [
    "id",
    "timestamp",
    "agent_id",
    "session_id",
    "server_name",
    "tool_name",
    "arguments",
    "agent_version",
    "protocol_version",
    "method",
    "request_id",
    "request_bytes",
    "gateway",
  ] as const,
);

/** Columns of the end half, in the order in which {@link setEnd} gives them. */
export const END_COLUMNS = Object.freeze(
  [
    "result",
    "latency_ms",
    "status",
    "policy_hit",
    "outcome",
    "detail",
    "result_bytes",
    "latency_us",
    "shadow_hits",
  ] as const,
);

/** Values of one row: the start half, then the end half. */
export const ROW_WIDTH: number = START_COLUMNS.length + END_COLUMNS.length;

/** Values of one completion: the end half, then the id of its row. */
export const COMPLETION_WIDTH: number = END_COLUMNS.length + 1;

/** The one table from {@link Outcome} to {@link Status}. */
export const STATUS_OF: Readonly<Record<Outcome, Status>> = Object.freeze({
  open: "allowed",
  ok: "allowed",
  task: "allowed",
  cancelled: "allowed",
  error: "error",
  tool_error: "error",
  circuit_open: "error",
  timed_out: "error",
  server_gone: "error",
  agent_gone: "error",
  unknown: "error",
  denied: "denied",
  malformed: "denied",
  rate_limited: "rate_limited",
});

/** What the calls of one session have in common. */
export interface Origin {
  readonly serverName: string;
  readonly sessionId: string;
  /** From `gatewayId()`. */
  readonly gateway: string;
}

/** Adds the row of a call that has begun: its start half, and `open`; copies out of `call.arguments`. */
export function addRow(
  rows: Value[],
  call: Call,
  origin: Origin,
  maxPayloadBytes: number,
): void {
  const { peer } = call;
  rows.push(
    call.id,
    timestampText(call.startedAt),
    name(peer.agentName),
    origin.sessionId,
    origin.serverName,
    name(call.label),
    payload(call.arguments, maxPayloadBytes),
    name(peer.agentVersion),
    name(peer.protocolVersion),
    name(call.method),
    requestId(call.requestId),
    call.requestBytes,
    origin.gateway,
    // The end half of a call that is open, in the order of END_COLUMNS.
    null,
    null,
    STATUS_OF.open,
    null,
    "open",
    null,
    null,
    null,
    null,
  );
}

/** Writes a call's end half at `offset`; copies out of `call.result`. */
export function setEnd(
  values: Value[],
  offset: number,
  call: Call,
  maxPayloadBytes: number,
): void {
  const { latencyMs } = call;
  values[offset] = payload(call.result, maxPayloadBytes);
  values[offset + 1] = latencyMs === null ? null : Math.floor(latencyMs);
  values[offset + 2] = STATUS_OF[call.outcome];
  values[offset + 3] = name(call.policyHit);
  values[offset + 4] = call.outcome;
  values[offset + 5] = bounded(call.detail, AUDIT_BOUNDS.detailChars);
  values[offset + 6] = call.resultBytes;
  values[offset + 7] = latencyMs === null ? null : Math.round(latencyMs * 1000);
  values[offset + 8] = call.shadowHits?.length ? JSON.stringify(call.shadowHits) : null;
}

/**
 * A point in time as the `timestamp` column writes it: `2026-11-22T17:52:54.170+00:00`.
 *
 * Texts of this form, and those of the original with up to nine digits, sort as the times they mean.
 */
export function timestampText(epochMs: number): string {
  if (epochMs !== lastEpochMs) {
    lastEpochMs = epochMs;
    lastTimestamp = new Date(epochMs).toISOString().slice(0, -1) + "+00:00";
  }
  return lastTimestamp;
}

/** Several calls begin in one millisecond. */
let lastEpochMs = NaN, lastTimestamp = "";

const utf8 = new TextDecoder();

/** The JSON text of a payload; past the bound a marker, also JSON, that says how large it was. */
function payload(json: Uint8Array | null, maxBytes: number): string | null {
  if (json === null) return null;
  if (json.byteLength > maxBytes) {
    return `{"_truncated":true,"original_size_bytes":${json.byteLength}}`;
  }
  return withoutNul(utf8.decode(json));
}

function requestId(id: string | number | null): string | null {
  if (id === null) return null;
  return JSON.stringify(typeof id === "string" ? id.slice(0, AUDIT_BOUNDS.nameChars) : id);
}

function name(text: string | null): string | null {
  return bounded(text, AUDIT_BOUNDS.nameChars);
}

function bounded(text: string | null, maxChars: number): string | null {
  if (text === null) return null;
  return withoutNul(text.length > maxChars ? text.slice(0, maxChars) : text);
}

/** SQLite's text ends at a NUL for most readers: a tool `bash\0x` would show as `bash`. */
function withoutNul(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}
