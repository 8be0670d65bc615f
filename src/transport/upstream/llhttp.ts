/**
 * Reads answers by llhttp, Node's parser of HTTP/1.1, from the WebAssembly that undici carries. That
 * file is no promise of undici's: its version is pinned, and a test knows its sum.
 *
 * @module
 */

import wasm from "undici/lib/llhttp/llhttp_simd-wasm.js";
import type { HeaderList } from "../http/headers.ts";

/** Bytes that are read at once, at most. */
export const MAX_READ_BYTES: number = 256 * 1024;

/** Bytes that the heads of one answer, and what follows its chunks, may have. */
const MAX_HEAD_BYTES = 64 * 1024;

const TYPE_RESPONSE = 2;
const STOP = -1;

/** Receiver of what is read. Nothing may be read by the same parser meanwhile. */
export interface AnswerEvents {
  /** A message begins. False when none is waited for. */
  begun(): boolean;
  /** @returns Whether a body may follow. */
  head(status: number, headers: HeaderList, keepsAlive: boolean): boolean;
  /** A part of the body: a view, valid during the call. */
  body(bytes: Uint8Array): void;
  complete(): void;
}

/** What llhttp exports, as far as it is used; numbers are addresses in its memory. */
interface Llhttp {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, bytes: number, size: number): number;
  llhttp_finish(parser: number): number;
  llhttp_get_error_reason(parser: number): number;
}

/** The parser whose bytes are being read: llhttp tells only addresses. */
let current: AnswerParser | null = null;

const llhttp = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
  env: {
    wasm_on_url: () => 0,
    wasm_on_status: (_: number, at: number, size: number) => current!.onOther(at, size),
    wasm_on_message_begin: () => current!.onBegin(),
    wasm_on_header_field: (_: number, at: number, size: number) => current!.onText(at, size, false),
    wasm_on_header_value: (_: number, at: number, size: number) => current!.onText(at, size, true),
    wasm_on_headers_complete: (_: number, status: number, _upgrade: number, keepsAlive: number) =>
      current!.onHead(status, keepsAlive === 1),
    wasm_on_body: (_: number, at: number, size: number) => current!.onBody(at, size),
    wasm_on_message_complete: () => current!.onComplete(),
  },
}).exports as unknown as Llhttp;

/** Where bytes are put for llhttp to read. */
const room = llhttp.malloc(MAX_READ_BYTES);
let memory = new Uint8Array(llhttp.memory.buffer);

const utf8 = new TextDecoder();

/** Reads what comes on one connection, answer by answer. */
export class AnswerParser {
  readonly #parser = llhttp.llhttp_alloc(TYPE_RESPONSE);
  readonly #events: AnswerEvents;
  /** What is being read. */
  #bytes: Uint8Array = new Uint8Array(0);
  /** Names and values by turns, as far as they are whole or were in what was read before. */
  #texts: string[] = [];
  /** Names and values in what is being read: where each begins and ends, by turns. */
  readonly #spans: number[] = [];
  readonly #areValues: boolean[] = [];
  #headBytes = 0;
  #isInBody = false;
  #isInterim = false;
  #fault: string | null = null;
  #isReading = false;
  #isClosed = false;

  constructor(events: AnswerEvents) {
    this.#events = events;
  }

  /**
   * Reads what has come, at most {@link MAX_READ_BYTES}.
   *
   * @returns What is wrong with it, in a few words; null for nothing. Then nothing else can be read.
   */
  push(bytes: Uint8Array): string | null {
    if (memory.length === 0) memory = new Uint8Array(llhttp.memory.buffer);
    memory.set(bytes, room);
    this.#bytes = bytes;
    const code = this.#run(() => llhttp.llhttp_execute(this.#parser, room, bytes.length));
    if (code !== 0) return this.#reason();
    this.#takeTexts();
    return null;
  }

  /** Says that no more comes. Gives what is wrong with that. */
  finish(): string | null {
    const code = this.#run(() => llhttp.llhttp_finish(this.#parser));
    return code === 0 ? null : this.#reason();
  }

  /** Makes ready for the next answer. */
  next(): void {
    this.#headBytes = 0;
  }

  /** Gives its memory back; nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isReading) this.#free();
  }

  #free(): void {
    llhttp.llhttp_free(this.#parser);
  }

  #run(read: () => number): number {
    if (this.#isClosed) return STOP;
    this.#isReading = true;
    current = this;
    try {
      return read();
    } finally {
      current = null;
      this.#isReading = false;
      if (this.#isClosed) this.#free();
    }
  }

  #reason(): string {
    if (this.#fault !== null) return this.#fault;
    if (this.#isClosed) return "the connection was closed";
    const at = llhttp.llhttp_get_error_reason(this.#parser);
    if (memory.length === 0) memory = new Uint8Array(llhttp.memory.buffer);
    const words = at === 0 ? "" : utf8.decode(memory.subarray(at, memory.indexOf(0, at)));
    return `what came is not HTTP/1.1${words === "" ? "" : `: ${words}`}`;
  }

  // ── Called by llhttp, with addresses of what is being read ────────────────────────────────────

  onBegin(): number {
    this.#texts = [];
    this.#isInBody = false;
    if (this.#events.begun()) return 0;
    this.#fault = "more came than was asked for";
    return STOP;
  }

  onOther(_at: number, size: number): number {
    this.#headBytes += size;
    if (this.#headBytes <= MAX_HEAD_BYTES) return 0;
    this.#fault = `the head of the answer is longer than ${MAX_HEAD_BYTES} bytes`;
    return STOP;
  }

  onText(at: number, size: number, isValue: boolean): number {
    // What follows chunks is nobody's header.
    if (!this.#isInBody) {
      this.#spans.push(at - room, at - room + size);
      this.#areValues.push(isValue);
    }
    return this.onOther(at, size + 4);
  }

  onHead(status: number, keepsAlive: boolean): number {
    this.#takeTexts();
    this.#isInterim = status < 200;
    if (this.#isInterim) return 0;
    this.#isInBody = true;
    const mayHaveBody = this.#events.head(status, headersOf(this.#texts), keepsAlive);
    this.#texts = [];
    return this.#isClosed ? STOP : mayHaveBody ? 0 : 1;
  }

  onBody(at: number, size: number): number {
    this.#events.body(this.#bytes.subarray(at - room, at - room + size));
    return this.#isClosed ? STOP : 0;
  }

  onComplete(): number {
    if (!this.#isInterim) this.#events.complete();
    return this.#isClosed ? STOP : 0;
  }

  /** Keeps names and values of what is being read, which will soon be something else. */
  #takeTexts(): void {
    const spans = this.#spans, texts = this.#texts;
    if (spans.length === 0) return;
    const from = spans[0]!, text = textOf(this.#bytes.subarray(from, spans.at(-1)!));
    for (let i = 0; i < spans.length; i += 2) {
      const part = text.slice(spans[i]! - from, spans[i + 1]! - from);
      const isPart = (texts.length % 2 === 1) !== this.#areValues[i / 2]! && texts.length > 0;
      if (isPart) texts[texts.length - 1] += part;
      else texts.push(part);
    }
    this.#spans.length = this.#areValues.length = 0;
  }
}

function headersOf(texts: readonly string[]): HeaderList {
  const headers: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) {
    headers.push([texts[i]!.toLowerCase(), texts[i + 1]!.trimEnd()]);
  }
  return headers;
}

/** Each byte as one character (RFC 9110 §5.5). */
function textOf(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  const isAscii = text.length === bytes.length && !text.includes("\ufffd");
  return isAscii ? text : String.fromCharCode(...bytes);
}
