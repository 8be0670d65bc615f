/**
 * The audit row: its columns, a call's values for them, and how these travel to the worker.
 *
 * A row has three parts. The *session* part is the same for most rows of a batch and travels once.
 * The *start* part is known when the call begins; the *end* part is `open` then and is overwritten
 * when the call ends. These two are packed into cells, and are columns again on the other side.
 *
 * @module
 */

import type { Outcome, Status } from "../session/call.ts";
import type { CallRecord } from "../session/record.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { type Packer, PAYLOAD_CELLS, type Unpacker } from "./packed.ts";

/** What a column can hold. */
export type Value = string | number | null;

/** Columns of the session part, in the order in which {@link sessionValues} gives them. */
export const SESSION_COLUMNS = Object.freeze(
  [
    "agent_id",
    "agent_version",
    "protocol_version",
    "method",
    "session_id",
    "server_name",
    "gateway",
  ] as const,
);

/** Columns of the start part, in the order in which {@link startValues} gives them. */
export const START_COLUMNS = Object.freeze(
  ["id", "timestamp", "tool_name", "arguments", "request_id", "request_bytes"] as const,
);

/** Columns of the end part, in the order in which {@link endValues} gives them. */
export const END_COLUMNS = Object.freeze(
  [
    "result",
    "latency_ms",
    "latency_us",
    "status",
    "outcome",
    "policy_hit",
    "detail",
    "result_bytes",
    "shadow_hits",
  ] as const,
);

/** Cells of a packed start part. */
export const START_CELLS: number = 5 + PAYLOAD_CELLS;
/** Cells of a packed end part. */
export const END_CELLS: number = 6 + PAYLOAD_CELLS;

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

/** The session part of a call's row. */
export function sessionValues({ client, method }: CallRecord, origin: Origin): Value[] {
  return [
    name(client.agentName),
    name(client.agentVersion),
    name(client.protocolVersion),
    name(method),
    origin.sessionId,
    origin.serverName,
    origin.gateway,
  ];
}

/** Packs the start part of a call that has begun; copies out of `call.arguments`. */
export function packStart(
  into: Packer,
  cell: number,
  call: CallRecord,
  maxPayloadBytes: number,
): void {
  into.putOwnText(cell, call.id);
  into.putNumber(cell + 1, call.startedAt);
  into.putText(cell + 2, name(call.tool));
  into.putPayload(cell + 3, payload(call.arguments, maxPayloadBytes));
  if (call.requestId === null) into.putText(cell + 5, null);
  else into.putOwnText(cell + 5, requestId(call.requestId));
  into.putNumber(cell + 6, call.requestBytes);
}

/** The start part that was packed at `cell`. */
export function startValues(from: Unpacker, cell: number, into: Value[]): void {
  into.push(
    from.text(cell),
    timestampText(from.number(cell + 1)!),
    from.text(cell + 2),
    withoutNul(from.payload(cell + 3)),
    from.text(cell + 5),
    from.number(cell + 6),
  );
}

/** What the end part tells of a call. */
export type End = Readonly<
  Pick<
    CallRecord,
    "result" | "latencyMs" | "outcome" | "policyHit" | "detail" | "resultBytes" | "shadowHits"
  >
>;

/** The end of a call that has not ended. */
export const OPEN: End = Object.freeze({
  result: null,
  latencyMs: null,
  outcome: "open",
  policyHit: null,
  detail: null,
  resultBytes: null,
  shadowHits: [],
});

/** Packs the end part; copies out of `end.result`. */
export function packEnd(into: Packer, cell: number, end: End, maxPayloadBytes: number): void {
  into.putPayload(cell, payload(end.result, maxPayloadBytes));
  into.putNumber(cell + 2, end.latencyMs);
  into.putText(cell + 3, end.outcome);
  into.putText(cell + 4, name(end.policyHit));
  into.putText(cell + 5, bounded(end.detail, AUDIT_BOUNDS.detailChars));
  into.putNumber(cell + 6, end.resultBytes);
  into.putText(cell + 7, end.shadowHits.length > 0 ? JSON.stringify(end.shadowHits) : null);
}

/** The end part that was packed at `cell`. */
export function endValues(from: Unpacker, cell: number, into: Value[]): void {
  const latencyMs = from.number(cell + 2);
  const outcome = from.text(cell + 3) as Outcome;
  into.push(
    withoutNul(from.payload(cell)),
    latencyMs === null ? null : Math.floor(latencyMs),
    latencyMs === null ? null : Math.round(latencyMs * 1000),
    STATUS_OF[outcome],
    outcome,
    from.text(cell + 4),
    from.text(cell + 5),
    from.number(cell + 6),
    from.text(cell + 7),
  );
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

const encoder = new TextEncoder();

/** A payload; past the bound a marker, also JSON, that says how large it was. */
function payload(json: Uint8Array | null, maxBytes: number): Uint8Array | null {
  if (json === null || json.byteLength <= maxBytes) return json;
  return encoder.encode(`{"_truncated":true,"original_size_bytes":${json.byteLength}}`);
}

/** The JSON text of a request's id. */
function requestId(id: string | number): string {
  return typeof id === "number" ? `${id}` : JSON.stringify(id.slice(0, AUDIT_BOUNDS.nameChars));
}

function name(text: string | null): string | null {
  return bounded(text, AUDIT_BOUNDS.nameChars);
}

function bounded(text: string | null, maxChars: number): string | null {
  if (text === null) return null;
  return withoutNul(text.length > maxChars ? text.slice(0, maxChars) : text);
}

/** SQLite's text ends at a NUL for most readers: a tool `bash\0x` would show as `bash`. */
function withoutNul<T extends string | null>(text: T): T | string {
  return text !== null && text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}
