/**
 * One connection to the upstream: a request at a time, and what comes back.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Link } from "../chain.ts";
import { type HeaderList, headerOf } from "../http/headers.ts";
import type { Errand } from "../later.ts";
import { close } from "./dial.ts";
import { type AnswerEvents, AnswerParser, MAX_READ_BYTES } from "./llhttp.ts";

/** Bytes that are read at once from a connection that brings little: thousands may be idle. */
const FIRST_READ_BYTES = 4 * 1024;
/** Bytes that are read at once of what has no end: no more may wait for an agent that reads slowly. */
const STREAM_READ_BYTES = 64 * 1024;

/** Longest request whose room is kept for the next one. */
const MAX_KEPT_BYTES = 8 * 1024;

const encoder = new TextEncoder();

/** Whoever waits for an answer on a connection. */
export interface Caller {
  readonly isHead: boolean;
  /** Whether no more should come now. */
  readonly isPaused: boolean;
  answered(status: number, headers: HeaderList): void;
  /** Takes a part of the body: a view, valid during the call. */
  chunk(bytes: Uint8Array): void;
  end(): void;
  /** No answer comes, or no more of it. */
  lost(reason: string): void;
}

/** Keeper of connections. */
export interface ConnectionKeeper {
  /** Takes a connection that is free again. `keepMs` is how long the upstream would keep it. */
  freed(connection: Connection, keepMs: number): void;
  closed(connection: Connection): void;
}

/** A connection that reads all the time: an end is noticed while nobody waits, too. */
export class Connection implements AnswerEvents, Link<Connection> {
  before: Connection | null = null;
  after: Connection | null = null;
  /** Set while it is kept. */
  expiry: Errand<Connection> | null = null;
  /** Monotonic milliseconds at which the upstream may close it. */
  keptUntil = 0;
  readonly #keeper: ConnectionKeeper;
  readonly #connection: Deno.Conn;
  readonly #parser = new AnswerParser(this);
  /** Room for requests, one after the other. */
  #outbound = new Uint8Array(0);
  /** A request that leaves when the turn ends. */
  #leaving: Uint8Array | null = null;
  #caller: Caller | null = null;
  #isWritten = true;
  #isComplete = false;
  #keepsAlive = false;
  #keepMs = Infinity;
  /** Bytes that the last body was told to have. */
  #told = 0;
  #isClosed = false;
  #goOn: (() => void) | null = null;

  constructor(connection: Deno.Conn, keeper: ConnectionKeeper) {
    this.#connection = connection;
    this.#keeper = keeper;
    this.#read();
  }

  /**
   * Sends a request. The connection belongs to the caller until it has its answer.
   *
   * @param head Ends with its empty line; each character is one byte.
   */
  send(head: string, body: Uint8Array | null, caller: Caller): void {
    this.#caller = caller;
    this.#isComplete = this.#keepsAlive = this.#isWritten = false;
    this.#keepMs = Infinity;
    this.#parser.next();
    this.#write(this.#bytesOf(head, body));
  }

  /** Goes on reading after a pause. */
  resume(): void {
    const goOn = this.#goOn;
    this.#goOn = null;
    goOn?.();
  }

  /** Closes it. Its caller is told nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#caller = null;
    // Whoever sends and closes counts on what was sent, such as a notification.
    const last = this.#takeLeaving();
    if (last !== null) this.#connection.write(last).catch(() => {});
    close(this.#connection);
    this.#parser.close();
    this.resume();
    this.#keeper.closed(this);
  }

  /** Closes it, and tells its caller why. */
  fail(reason: string): void {
    const caller = this.#caller;
    this.close();
    caller?.lost(reason);
  }

  #bytesOf(head: string, body: Uint8Array | null): Uint8Array {
    const size = head.length + (body?.length ?? 0);
    const isLong = size > MAX_KEPT_BYTES;
    if (!isLong && size > this.#outbound.length) this.#outbound = new Uint8Array(2 * size);
    const bytes = isLong ? new Uint8Array(size) : this.#outbound.subarray(0, size);
    const { read, written } = encoder.encodeInto(head, bytes);
    // Headers are Latin-1 (RFC 9110 §5.5), not UTF-8.
    if (read !== written || read < head.length) {
      for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
    }
    if (body !== null) bytes.set(body, head.length);
    return bytes;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#leaving = bytes;
    await turnEnd();
    if (this.#takeLeaving() === null) return;
    try {
      let count = await this.#connection.write(bytes);
      while (count < bytes.length) count += await this.#connection.write(bytes.subarray(count));
      this.#isWritten = true;
    } catch {
      // Reading says what became of it: the answer may have come before all was read.
    }
  }

  #takeLeaving(): Uint8Array | null {
    const bytes = this.#leaving;
    this.#leaving = null;
    return bytes;
  }

  async #read(): Promise<void> {
    let room = new Uint8Array(FIRST_READ_BYTES);
    try {
      while (!this.#isClosed) {
        const count = await this.#connection.read(room);
        if (this.#isClosed) return;
        if (count === null) return this.#ended();
        const fault = this.#caller === null ? "" : this.#parser.push(room.subarray(0, count));
        // Whoever waited may have left, with what came.
        if (this.#isClosed) return;
        if (this.#isComplete) this.#finished(fault === null);
        else if (fault !== null) return this.fail(fault);
        if (count === room.length) room = this.#larger(room);
        if (this.#caller?.isPaused) await this.#resumed();
      }
    } catch (fault) {
      this.fail(reasonOfLoss(fault));
    }
  }

  /** More room, when there was too little: enough for all that is told to come, within a bound. */
  #larger(room: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const size = Math.min(
      Math.max(this.#told, Math.min(4 * room.length, STREAM_READ_BYTES)),
      MAX_READ_BYTES,
    );
    return size > room.length ? new Uint8Array(size) : room;
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => void (this.#goOn = resolve));
  }

  #ended(): void {
    const fault = this.#caller === null ? null : this.#parser.finish();
    if (fault === null && this.#isComplete) return this.#finished(false);
    this.fail("the connection was closed");
  }

  /** The answer is whole. The connection is free before its caller hears of it. */
  #finished(mayBeKept: boolean): void {
    const caller = this.#caller!;
    this.#caller = null;
    this.#isComplete = false;
    if (mayBeKept && this.#keepsAlive && this.#isWritten && this.#keepMs > 0) {
      this.#keeper.freed(this, this.#keepMs);
    } else this.close();
    caller.end();
  }

  // ── What is read ──────────────────────────────────────────────────────────────────────────────

  begun(): boolean {
    return this.#caller !== null && !this.#isComplete;
  }

  head(status: number, headers: HeaderList, keepsAlive: boolean): boolean {
    const caller = this.#caller!;
    this.#keepsAlive = keepsAlive;
    this.#keepMs = keepMsOf(headers);
    this.#told = Number(headerOf(headers, "content-length") ?? 0);
    caller.answered(status, headers);
    return !caller.isHead;
  }

  body(bytes: Uint8Array): void {
    this.#caller!.chunk(bytes);
  }

  complete(): void {
    this.#isComplete = true;
  }
}

let turn: Promise<void> | undefined;

/**
 * Resolves when all that has come so far has been looked at. Requests leave together then: each wakes
 * the upstream, and where processors are few it would take ours in the middle of the next request.
 */
function turnEnd(): Promise<void> {
  return turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
}

/** How long the upstream says that it keeps a connection, less a second on the way. */
function keepMsOf(headers: HeaderList): number {
  const hint = headerOf(headers, "keep-alive");
  const seconds = hint === undefined ? undefined : /\btimeout\s*=\s*"?(\d+)/i.exec(hint)?.[1];
  return seconds === undefined ? Infinity : 1000 * (Number(seconds) - 1);
}

function reasonOfLoss(fault: unknown): string {
  const isUsual = fault instanceof Deno.errors.ConnectionReset ||
    fault instanceof Deno.errors.BrokenPipe || fault instanceof Deno.errors.UnexpectedEof ||
    fault instanceof Deno.errors.ConnectionAborted;
  return isUsual ? "the connection was closed" : String((fault as Error)?.message ?? fault);
}
