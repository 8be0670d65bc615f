/**
 * The live feed: every row that is stored by any gateway, in the order of its changes.
 *
 * One look at the log serves all who listen; whoever is behind, after a reconnect, reads on its own
 * until it has caught up.
 *
 * @module
 */

import { type FeedView, framesOf } from "./feed_frames.ts";
import { newsAfter } from "./news.ts";
import {
  lastChange,
  type LogRow,
  type LogSource,
  LogUnavailable,
  type OpenLog,
  toLogRow,
  versionOf,
} from "./log_source.ts";

/** Bounds of the feed. */
export const FEED_BOUNDS = Object.freeze({
  /** Pause between two looks, in milliseconds: twenty frames a second. */
  everyMs: 50,
  /** Rows of one look, or of one step of catching up. */
  rows: 2000,
  /** Bytes that may wait for a reader; one that is slower is closed, … */
  waitingBytes: 256 * 1024,
  /** … with this code (RFC 6455: try again later). */
  slowCode: 1013,
  /** Readers at once. */
  readers: 500,
});

/** A socket as far as the feed needs it. */
export type FeedSocket = Pick<WebSocket, "send" | "close" | "bufferedAmount" | "readyState">;

/** One who listens. */
interface Reader {
  readonly socket: FeedSocket;
  readonly view: FeedView;
  /** The last change that it was told. */
  position: number;
}

/** Looks while anybody listens. */
export class LiveFeed implements Disposable {
  readonly #log: LogSource;
  readonly #readers = new Set<Reader>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where the last look ended; undefined while nobody listens. */
  #position: number | undefined;
  /** The last row that was looked at for want of a number. */
  #row = 0;
  #version = "";

  constructor(log: LogSource) {
    this.#log = log;
  }

  /**
   * Lets somebody listen.
   *
   * @param since The last change that it knows; undefined, or one that is yet to come, for what comes
   *   from now on.
   * @returns What takes it off again; null when too many listen.
   * @throws {LogUnavailable} when the log cannot be read.
   */
  join(socket: FeedSocket, view: FeedView, since: number | undefined): (() => void) | null {
    if (this.#readers.size >= FEED_BOUNDS.readers) return null;
    if (this.#position === undefined) this.#begin();
    // One that the feed has not looked at yet may have been told by the dashboard before this one.
    const position = since === undefined
      ? this.#position!
      : Math.min(since, this.#log.read(lastChange));
    const reader = { socket, view, position };
    this.#readers.add(reader);
    if (view === "rows") this.#tell(reader, framesOf([], "rows", reader.position));
    this.#timer ??= setTimeout(() => this.#look(), 0);
    return () => this.#leave(reader);
  }

  /** Number of those who listen. */
  get size(): number {
    return this.#readers.size;
  }

  /** Sends everyone away. */
  [Symbol.dispose](): void {
    for (const { socket } of this.#readers) socket.close(1001, "the dashboard ends here");
    this.#readers.clear();
    this.#stop();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#position = undefined;
  }

  #begin(): void {
    this.#log.read((log) => {
      this.#version = versionOf(log);
      this.#position = lastChange(log);
      this.#row = lastRow(log);
    });
  }

  #look(): void {
    this.#timer = undefined;
    try {
      this.#log.read((log) => this.#news(log));
      for (const reader of this.#readers) {
        if (reader.position < this.#position!) this.#catchUp(reader);
      }
    } catch (fault) {
      // It comes back by itself, and so does the feed: numbers grow over all files.
      if (!(fault instanceof LogUnavailable)) throw fault;
    }
    if (this.#readers.size > 0) this.#timer = setTimeout(() => this.#look(), FEED_BOUNDS.everyMs);
  }

  /** Tells those who are not behind what is new. */
  #news(log: OpenLog): void {
    const version = versionOf(log);
    if (version === this.#version) return;
    const before = this.#startOfNews(log);
    const { rows, upTo, isCut } = newsAfter(log, before, FEED_BOUNDS.rows);
    const unnumbered = this.#unnumbered(log);
    // What was not read now is looked for again.
    if (!isCut && isReadable(log)) this.#version = version;
    this.#position = upTo ?? before;
    if (this.#position === before && unnumbered.length === 0) return;
    const frames = new Map<FeedView, readonly string[]>();
    for (const reader of this.#readers) {
      const { view, position } = reader;
      if (position !== before) {
        if (unnumbered.length > 0) this.#tell(reader, framesOf(unnumbered, view, position));
        continue;
      }
      if (!frames.has(view)) {
        frames.set(view, framesOf([...rows, ...unnumbered], view, this.#position));
      }
      reader.position = this.#position;
      this.#tell(reader, frames.get(view)!);
    }
  }

  /** Where news begin: further back when a copy from before has taken the log's place. */
  #startOfNews(log: OpenLog): number {
    const last = lastChange(log);
    if (last >= this.#position!) return this.#position!;
    for (const reader of this.#readers) reader.position = Math.min(reader.position, last);
    return last;
  }

  /** Rows that another program has written, without numbers. */
  #unnumbered(log: OpenLog): LogRow[] {
    const { db, columns, isNumbered } = log, last = lastRow(log);
    const rows = db.prepare(
      `SELECT ${columns} FROM tool_invocations WHERE rowid > ? AND rowid <= ? ${
        isNumbered ? "AND change IS NULL" : ""
      }
       ORDER BY rowid LIMIT ?`,
    ).all(this.#row, last, FEED_BOUNDS.rows).map(toLogRow);
    this.#row = rows.length === FEED_BOUNDS.rows ? rows.at(-1)!.rowNumber : last;
    return rows;
  }

  /** Tells one who is behind some more, if it has taken what came before. */
  #catchUp(reader: Reader): void {
    if (reader.socket.bufferedAmount > FEED_BOUNDS.waitingBytes / 4) return;
    const news = this.#log.read((log) =>
      isReadable(log) ? newsAfter(log, reader.position, FEED_BOUNDS.rows / 10) : null
    );
    if (news === null) return;
    reader.position = news.upTo ?? this.#position!;
    this.#tell(reader, framesOf(news.rows, reader.view, reader.position));
  }

  #tell(reader: Reader, frames: readonly string[]): void {
    const { socket } = reader;
    if (socket.readyState !== WebSocket.OPEN) return;
    for (const frame of frames) {
      socket.send(frame);
      if (socket.bufferedAmount <= FEED_BOUNDS.waitingBytes) continue;
      socket.close(FEED_BOUNDS.slowCode, "too slow; come back with ?since=");
      return this.#leave(reader);
    }
  }
}

/** Whether what has changed can be read: not while a large log lacks the index for it. */
function isReadable({ isNumbered, hasChanges }: OpenLog): boolean {
  return hasChanges || !isNumbered;
}

function lastRow({ db }: OpenLog): number {
  return Number(db.prepare("SELECT max(rowid) AS n FROM tool_invocations").get()!.n ?? 0);
}
