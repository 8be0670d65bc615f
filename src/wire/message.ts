/**
 * From scanned JSON to a JSON-RPC message: exactly a request, a notification or a response.
 *
 * @module
 */

import { decodeKey } from "./key_table.ts";
import { bare, fold, isPlainText, type MessageId, plainString, readId } from "./names.ts";
import type { Element, Scanner } from "./scan.ts";

export { MAX_NAME_BYTES, type MessageId } from "./names.ts";

/** Kind of a message (JSON-RPC 2.0 §4, §4.1, §5). */
export type MessageKind = "request" | "notification" | "response";

/** The one method whose requests are calls. */
export const TOOLS_CALL = "tools/call";

const OPEN_OBJECT = 0x7b, LOWER_N = 0x6e;

const text = new TextDecoder();
const encoder = new TextEncoder();
const bytesOf = (name: string): Uint8Array => encoder.encode(name);

const JSONRPC = bytesOf("jsonrpc"), ID = bytesOf("id"), METHOD = bytesOf("method");
const PARAMS = bytesOf("params"), RESULT = bytesOf("result"), ERROR = bytesOf("error");
const NAME = bytesOf("name"),
  ARGUMENTS = bytesOf("arguments"),
  CODE = bytesOf("code"),
  MESSAGE = bytesOf("message");
const VERSION_2_0 = bytesOf('"2.0"'), TOOLS_CALL_JSON = bytesOf('"tools/call"');

/**
 * Keys of a call's `params` that decide what runs. A server with a case-insensitive decoder reads
 * `Arguments` as `arguments`, so their look-alikes are refused.
 */
const CALL_KEYS: readonly string[] = [
  "name",
  "arguments",
  "_meta",
  "task",
  "inputResponses",
  "requestState",
];
const FOLDED_CALL_KEYS: ReadonlySet<string> = new Set(CALL_KEYS.map(fold));

/** Members of the envelope. */
const ENVELOPE: ReadonlySet<string> = new Set([
  ...["jsonrpc", "id", "method", "params", "result", "error"],
]);

/** First byte by length of `__proto__`, `requeststate` and `inputresponses`: looked at closely. */
const SUSPECTS: Readonly<Record<number, number>> = Object.freeze({ 9: 0x5f, 12: 0x72, 14: 0x69 });

/** 1 for the bytes of keys that cannot collide after case folding. */
const FOLDED = new Uint8Array(256);
for (const c of "abcdefghijklmnopqrstuvwxyz0123456789_-./:$") FOLDED[c.charCodeAt(0)] = 1;

/**
 * One message, read in place: offsets into the line it came in, valid as long as that line.
 */
export class Message {
  constructor(
    readonly scanner: Scanner,
    readonly element: Element,
    readonly kind: MessageKind,
    /** null for a notification, and for an error response that names no request. */
    readonly id: MessageId | null,
    /** Empty for a response. */
    readonly method: string,
    /** Tape index of `params`, `result` or `error`; −1 when there is none. */
    readonly body: number,
    /** Whether {@link body} is an `error`. */
    readonly failed: boolean,
  ) {}

  /** Whether this asks for a tool to be run. */
  get isCall(): boolean {
    return this.method === TOOLS_CALL;
  }

  /** Bytes of the message. */
  get length(): number {
    return this.element.end - this.element.start;
  }

  /** The JSON text of {@link body}: a view. */
  get bodyBytes(): Uint8Array | null {
    return this.body < 0 ? null : this.#view(this.body);
  }

  /** The JSON text of a member of {@link body}: a view, or null when it is absent. */
  member(name: Uint8Array): Uint8Array | null {
    const index = this.#find(name);
    return index < 0 ? null : this.#view(index);
  }

  /** The parsed value of a member of {@link body}, undefined when absent or over `maxBytes`. */
  value(name: Uint8Array, maxBytes = 64 * 1024): unknown {
    const bytes = this.member(name);
    if (bytes === null || bytes.length > maxBytes) return undefined;
    return JSON.parse(text.decode(bytes));
  }

  /**
   * Replaces the text at `[start, end)` of the line when it is forwarded: the rest of the line
   * stays as it came. The replacement must leave the line one JSON value. One edit may stand inside
   * another, which takes its place; two that cross keep the line back.
   */
  edit(start: number, end: number, replacement: Uint8Array): void {
    this.scanner.edits.push({ start, end, replacement });
  }

  #find(name: Uint8Array): number {
    if (this.body < 0) return -1;
    return this.scanner.find(this.body + 1, this.element.to, 2, name);
  }

  #view(index: number): Uint8Array {
    const { scanner } = this;
    return scanner.bytes.subarray(scanner.valueStart(index), scanner.valueEnd(index));
  }
}

/** Answer of {@link readMessage} when the JSON is not a message. */
export interface NotAMessage {
  readonly reason: string;
}

/**
 * Reads the message that `element` is.
 *
 * The rules are those of JSON-RPC 2.0 and MCP's schema, taken strictly: in a request, no member besides the known
 * ones, `jsonrpc` exactly `"2.0"`, params an object, no keys that a lenient decoder would take for
 * one another.
 *
 * @returns The message, or the reason why it is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Scanner } from "./scan.ts";
 *
 * const scanner = new Scanner();
 * const line = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
 * scanner.scan(line, 0, line.length - 1);
 * const message = readMessage(scanner, scanner.elements[0]!);
 * assert.equal("reason" in message ? message.reason : message.method, "ping");
 * ```
 */
export function readMessage(scanner: Scanner, element: Element): Message | NotAMessage {
  const { from, to } = element, bytes = scanner.bytes;
  const jsonrpc = scanner.find(from, to, 1, JSONRPC);
  if (jsonrpc < 0 || !isVersion(scanner, jsonrpc)) return refuse('jsonrpc is not "2.0"');
  const id = scanner.find(from, to, 1, ID), method = scanner.find(from, to, 1, METHOD);
  const params = scanner.find(from, to, 1, PARAMS);
  let result = scanner.find(from, to, 1, RESULT), error = scanner.find(from, to, 1, ERROR);
  const known = 1 + Number(id >= 0) + Number(method >= 0) + Number(params >= 0) +
    Number(result >= 0) + Number(error >= 0);
  if (
    countLevel1(scanner, from, to) !== known && (method >= 0 || hasLookAlike(scanner, from, to))
  ) {
    return refuse("an unknown member in the envelope");
  }

  const parsedId = id < 0 ? null : readId(bytes, scanner.valueStart(id), scanner.valueEnd(id));
  if (parsedId === undefined) return refuse("the id is neither a short string nor a safe integer");

  if (method >= 0) {
    if (result >= 0 || error >= 0) return refuse("both a method and an answer");
    if (id >= 0 && parsedId === null) return refuse("a request with the id null");
    const name = readMethod(bytes, scanner.valueStart(method), scanner.valueEnd(method));
    if (name === undefined) {
      return refuse("the method is not a short plain string, or looks like tools/call and is not");
    }
    if (params >= 0) {
      if (bytes[scanner.valueStart(params)] !== OPEN_OBJECT) {
        return refuse("params is not an object");
      }
      const fault = paramsFault(scanner, params + 1, to, name === TOOLS_CALL);
      if (fault !== undefined) return refuse(fault);
    }
    if (name === TOOLS_CALL) {
      if (id < 0) return refuse("a tools/call without an id");
      if (params < 0) return refuse("a tools/call without params");
      if (readToolName(scanner, params, to) === undefined) {
        return refuse("a tools/call whose name is not a short plain string");
      }
      if (!hasArguments(scanner, params, to)) {
        return refuse("a tools/call whose arguments are not an object");
      }
    }
    const kind = id < 0 ? "notification" : "request";
    return new Message(scanner, element, kind, parsedId, name, params, false);
  }

  if (params >= 0) return refuse("params without a method");
  // Beside the other, null is no answer to any parser.
  if (result >= 0 && error >= 0) {
    if (isNull(scanner, error)) error = -1;
    else if (isNull(scanner, result)) result = -1;
  }
  if (result >= 0 && error >= 0) return refuse("a result and an error in one answer");
  if (result < 0 && error < 0) return refuse("neither a method nor an answer");
  if (result >= 0) {
    if (parsedId === null) return refuse("a result without an id");
    return new Message(scanner, element, "response", parsedId, "", result, false);
  }
  if (!isError(scanner, error, to)) return refuse("an error without integer code and message");
  return new Message(scanner, element, "response", parsedId, "", error, true);
}

/** Reads `params.name` of a call that {@link readMessage} has taken. */
export function toolNameOf(message: Message): string {
  return readToolName(message.scanner, message.body, message.element.to) ?? "unknown";
}

function refuse(reason: string): NotAMessage {
  return { reason };
}

function countLevel1(scanner: Scanner, from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index++) if (scanner.level(index) === 1) count++;
  return count;
}

function isNull(scanner: Scanner, index: number): boolean {
  return scanner.bytes[scanner.valueStart(index)] === LOWER_N;
}

/** Whether a member that is none of the envelope's is taken for one of them by a lenient decoder. */
function hasLookAlike(scanner: Scanner, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    if (scanner.level(index) !== 1) continue;
    const { keyStart, keyEnd } = scanner.key(index),
      key = decodeKey(scanner.bytes, keyStart, keyEnd);
    if (ENVELOPE.has(key)) continue;
    if (ENVELOPE.has(fold(key)) || key === "__proto__" || !isPlainText(key)) return true;
  }
  return false;
}

function isVersion(scanner: Scanner, index: number): boolean {
  const { bytes } = scanner, start = scanner.valueStart(index), end = scanner.valueEnd(index);
  if (same(bytes, start, end, VERSION_2_0)) return true;
  return plainString(bytes, start, end) === "2.0";
}

function readMethod(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (same(bytes, start, end, TOOLS_CALL_JSON)) return TOOLS_CALL;
  const method = plainString(bytes, start, end);
  if (method === undefined || method === "") return undefined;
  // What a lenient server would take for a call must be one.
  if (method !== TOOLS_CALL && !isPlainMethod(method) && fold(bare(method)) === TOOLS_CALL) {
    return undefined;
  }
  return method;
}

/** Whether a method is written as the specification writes its own, and so like no other. */
function isPlainMethod(method: string): boolean {
  return /^[a-z]+\/[a-z_/]+$/.test(method);
}

function readToolName(scanner: Scanner, params: number, to: number): string | undefined {
  const index = scanner.find(params + 1, to, 2, NAME);
  if (index < 0) return undefined;
  return plainString(scanner.bytes, scanner.valueStart(index), scanner.valueEnd(index));
}

/** Whether `arguments` are an object; none, and null, are no arguments. */
function hasArguments(scanner: Scanner, params: number, to: number): boolean {
  const index = scanner.find(params + 1, to, 2, ARGUMENTS);
  if (index < 0) return true;
  const first = scanner.bytes[scanner.valueStart(index)];
  return first === OPEN_OBJECT || first === LOWER_N;
}

function isError(scanner: Scanner, error: number, to: number): boolean {
  const { bytes } = scanner;
  if (bytes[scanner.valueStart(error)] !== OPEN_OBJECT) return false;
  const code = scanner.find(error + 1, to, 2, CODE);
  const message = scanner.find(error + 1, to, 2, MESSAGE);
  if (code < 0 || message < 0) return false;
  const value = readId(bytes, scanner.valueStart(code), scanner.valueEnd(code));
  return typeof value === "number" && bytes[scanner.valueStart(message)] === 0x22;
}

/** Names the fault in the keys of `params`, whose members start at tape index `from`. */
function paramsFault(
  scanner: Scanner,
  from: number,
  to: number,
  isCall: boolean,
): string | undefined {
  const { bytes } = scanner;
  let plain = true;
  let end = from;
  for (; end < to && scanner.level(end) === 2; end++) {
    const { keyStart, keyEnd, keyEscaped } = scanner.key(end);
    if (keyEscaped) plain = false;
    for (let i = keyStart; plain && i < keyEnd; i++) plain = FOLDED[bytes[i]!] === 1;
    if (SUSPECTS[keyEnd - keyStart] === bytes[keyStart]) plain = false;
  }
  if (plain) return undefined;
  const folded = new Set<string>();
  for (let index = from; index < end; index++) {
    const { keyStart, keyEnd } = scanner.key(index);
    const key = decodeKey(bytes, keyStart, keyEnd);
    if (key === "__proto__" || !isPlainText(key)) {
      return "a key in params that is not plain text";
    }
    const common = fold(key);
    if (folded.has(common)) return "keys in params that differ in case only";
    if (isCall && FOLDED_CALL_KEYS.has(common) && !CALL_KEYS.includes(key)) {
      return "a key in params that differs from a known one in case only";
    }
    folded.add(common);
  }
  return undefined;
}

function same(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}
