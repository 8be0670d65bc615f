/**
 * The columns of `tool_invocations`, each declared once: its name, where its value comes from, how
 * that travels to the thread that writes, and what is stored. Statements, rows, JSON and CSV
 * follow.
 *
 * A row has three parts. The *session* part is the same for most rows of a batch and travels once.
 * The *start* part is known when the call begins; the *end* part is `open` then and is overwritten
 * when the call ends. These two are packed into cells, and are values again on the other side.
 *
 * @module
 */

import type { Outcome, Status } from "../session/call.ts";
import type { CallRecord } from "../session/record.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import {
  type Cell,
  getCell,
  number,
  ownText,
  payload,
  type Place,
  places,
  putCell,
  text,
} from "./cells.ts";
import { factsText } from "./facts.ts";
import type { Packer, Unpacker } from "./packed.ts";

/** Value of a column. */
export type Value = string | number | null;

/** Facts that the calls of one session have in common. */
export interface Origin {
  readonly serverName: string;
  readonly sessionId: string;
  /** From `gatewayId()`. */
  readonly gateway: string;
  /** A UUID for each start of a gateway. */
  readonly run: string;
}

/** A column of the session part. */
interface SessionColumn<Name extends string, V extends Value> {
  readonly name: Name;
  readonly part: "session";
  readonly of: (record: CallRecord, origin: Origin) => V;
  readonly isJson?: boolean;
}

/** A column of the start or the end part. Several may be made from one cell. */
interface CallColumn<Name extends string, V extends Value> {
  readonly name: Name;
  readonly part: "start" | "end";
  readonly cell: Cell;
  /** Makes the stored value of what the cell holds. */
  readonly stored: (held: Value) => V;
  /** Whether it holds JSON text, and is a value in the JSON of a row. */
  readonly isJson?: boolean;
}

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

const { nameChars, detailChars } = AUDIT_BOUNDS;
const latency = number((record) => record.latencyMs), outcome = text((record) => record.outcome);

/** Every column, in the order in which readers see them: the original's first, in its order. */
export const COLUMNS = [
  start("id", ownText((record) => record.id), asText),
  /** RFC 3339 in UTC. */
  start("timestamp", number((record) => record.startedAt), (ms) => timestampText(ms as number)),
  /** The agent's name. */
  session("agent_id", ({ client }) => bounded(client.agentName, nameChars)),
  session("session_id", (_record, origin): string | null => origin.sessionId),
  session("server_name", (_record, origin) => origin.serverName),
  start("tool_name", text((record) => bounded(record.tool, nameChars)), asText),
  start("arguments", payload((record) => record.arguments), asTextOrNull, { isJson: true }),
  end("result", payload((record) => record.result), asTextOrNull, { isJson: true }),
  end("latency_ms", latency, (ms) => ms === null ? null : Math.floor(ms as number)),
  /** A `Status`; a database of the original may hold other texts. */
  end("status", outcome, (outcome) => STATUS_OF[outcome as Outcome] as string),
  end("policy_hit", text((record) => bounded(record.policyHit, nameChars)), asTextOrNull),
  /** An `Outcome`. */
  end("outcome", outcome, asText),
  end("detail", text((record) => bounded(record.detail, detailChars)), asTextOrNull),
  session("agent_version", ({ client }) => bounded(client.agentVersion, nameChars)),
  session("protocol_version", ({ client }) => bounded(client.protocolVersion, nameChars)),
  session("method", ({ method }): string | null => bounded(method, nameChars)),
  /** JSON text of the JSON-RPC id. */
  start("request_id", ownText(requestId), asTextOrNull, { isJson: true }),
  start("request_bytes", number((record) => record.requestBytes), asNumberOrNull),
  end("result_bytes", number((record) => record.resultBytes), asNumberOrNull),
  end("latency_us", latency, (ms) => ms === null ? null : Math.round(ms as number * 1000)),
  /** JSON array of what shadow rules would have done to the call. */
  end("shadow_hits", text(shadowHits), asTextOrNull, { isJson: true }),
  /** 1 when the call went on to the server, 0 when it did not; null while that may change. */
  end(
    "forwarded",
    number(({ outcome, forwarded }) => outcome === "open" ? null : Number(forwarded)),
    asNumberOrNull,
  ),
  /** `host/pid` of the process that wrote the row. */
  session("gateway", (_record, origin): string | null => origin.gateway),
  /** `allow:id`, `deny:id`, `rate_limit:id`; null when the policy was not asked. */
  start("policy_decision", text((record) => record.policy?.decision ?? null), asTextOrNull),
  /** Names a row of `policies`. */
  session("policy_digest", ({ policy }): string | null => policy?.digest ?? null),
  session("run", (_record, origin): string | null => origin.run),
  /** Calls of the session before this one that the policy was asked about. */
  start("session_calls", number(({ policy }) => policy?.sessionCalls ?? null), asNumberOrNull),
  /** When it began, in microseconds on the clock of its run. */
  start("mono_us", number(({ startedMono }) => Math.round(startedMono * 1000)), asNumberOrNull),
  /** JSON object: what else is needed to repeat the decision; see `facts.ts`. */
  start("facts", ownText(factsText), asTextOrNull, { isJson: true }),
] as const;

type Column = typeof COLUMNS[number];

/** A stored row as readers see it. */
export type InvocationRow = {
  readonly [C in Column as C["name"]]: C extends SessionColumn<string, infer V> ? V
    : C extends CallColumn<string, infer V> ? V
    : never;
};

/** The columns of one packed part, in the order of {@link PackedPart.unpack}. */
export class PackedPart {
  readonly columns: readonly Column["name"][];
  /** Number of cells that it takes. */
  readonly cells: number;
  readonly #places: readonly Place[];
  readonly #made: readonly { readonly place: Place; readonly stored: (held: Value) => Value }[];

  constructor(part: "start" | "end") {
    const columns = COLUMNS.filter((column) => column.part === part) as CallColumn<
      Column["name"],
      Value
    >[];
    const { places: all, width } = places(columns.map(({ cell }) => cell));
    this.columns = columns.map(({ name }) => name);
    this.cells = width;
    this.#places = [...all.values()];
    this.#made = columns.map(({ cell, stored }) => ({ place: all.get(cell)!, stored }));
  }

  /** Packs the part of a call at `first`; copies out of its payloads. */
  pack(into: Packer, first: number, record: CallRecord, maxPayloadBytes: number): void {
    for (const { cell, at } of this.#places) {
      putCell(into, first + at, cell, record, maxPayloadBytes);
    }
  }

  /** Adds the values of the part that was packed at `first`. */
  unpack(from: Unpacker, first: number, into: Value[]): void {
    for (const { place: { cell, at }, stored } of this.#made) {
      into.push(stored(getCell(from, first + at, cell)));
    }
  }
}

/** The part that is known when a call begins. */
export const START: PackedPart = new PackedPart("start");

/** The part that is known when a call ends. */
export const END: PackedPart = new PackedPart("end");

const SESSION = COLUMNS.filter((column) => column.part === "session");

/** The columns of the session part, in the order of {@link sessionValues}. */
export const SESSION_COLUMNS: readonly Column["name"][] = Object.freeze(
  SESSION.map(({ name }) => name),
);

/** The session part of a call's row. */
export function sessionValues(record: CallRecord, origin: Origin): Value[] {
  return SESSION.map((column) => column.of(record, origin));
}

/**
 * A point in time as the `timestamp` column writes it: `2026-11-22T17:52:54.170+00:00`.
 *
 * Texts of this form, and those of the original with up to nine digits, sort as the times they
 * mean.
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

function session<const Name extends string, V extends Value>(
  name: Name,
  of: (record: CallRecord, origin: Origin) => V,
): SessionColumn<Name, V> {
  return { name, part: "session", of };
}

function start<const Name extends string, V extends Value>(
  name: Name,
  cell: Cell,
  stored: (held: Value) => V,
  options: { readonly isJson?: boolean } = {},
): CallColumn<Name, V> {
  return { name, part: "start", cell, stored, ...options };
}

function end<const Name extends string, V extends Value>(
  name: Name,
  cell: Cell,
  stored: (held: Value) => V,
  options: { readonly isJson?: boolean } = {},
): CallColumn<Name, V> {
  return { name, part: "end", cell, stored, ...options };
}

function asText(held: Value): string {
  return held as string;
}

function asTextOrNull(held: Value): string | null {
  return held === null ? null : withoutNul(held as string);
}

function asNumberOrNull(held: Value): number | null {
  return held as number | null;
}

/** The JSON text of a request's id. */
function requestId({ requestId: id }: CallRecord): string | null {
  if (typeof id === "string") return JSON.stringify(id.slice(0, nameChars));
  return id === null ? null : `${id}`;
}

function shadowHits({ shadowHits: hits }: CallRecord): string | null {
  return hits.length > 0 ? JSON.stringify(hits) : null;
}

/** A name as it stands in a row. */
export function loggedName(name: string): string {
  return bounded(name, nameChars);
}

function bounded<T extends string | null>(text: T, maxChars: number): T | string {
  if (text === null) return text;
  return withoutNul(text.length > maxChars ? text.slice(0, maxChars) : text);
}

/** SQLite's text ends at a NUL for most readers: a tool `bash\0x` would show as `bash`. */
function withoutNul(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}
