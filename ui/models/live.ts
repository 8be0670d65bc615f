/**
 * The live feed as signals: what came last, bounded, changed before a frame of the screen.
 *
 * @module
 */

import { batch, type Signal, signal } from "@preact/signals";
import type { RowsFrame } from "../../src/web/feed_frames.ts";
import { type Call, merged } from "./call.ts";

/** Bounds of what is kept. */
export const LIVE_BOUNDS = Object.freeze({
  /** Calls of the history. */
  history: 500,
  /** Calls that wait for the next frame, or while paused; those before them are only counted. */
  waiting: 2000,
  /** Milliseconds between two changes of what is shown: more often than that nobody reads. */
  drawMs: 100,
  /** Milliseconds over which the rate is told. */
  rateMs: 5000,
  /** Pause before the first try to connect again, and the longest, in milliseconds. */
  retryMs: 250,
  maxRetryMs: 3000,
});

/**
 * How the feed stands; `waiting` for a log that cannot be read yet.
 */
export type Connection = "connecting" | "live" | "waiting" | "offline";

/** The code with which a feed without a log is closed (RFC 6455: a server's fault). */
const NO_LOG = 1011;

/** What the model needs of its surroundings. */
export interface LivePort {
  /** Opens a socket that goes on after a change. */
  readonly open: (since: number | null) => Promise<WebSocket>;
  /** Whether there is a key to come in with. */
  readonly mayOpen: () => boolean;
  /** The newest calls, newest first. */
  readonly newest: () => Promise<readonly Call[]>;
  readonly read: (data: unknown) => RowsFrame;
  /** Calls back before the next frame of the screen. */
  readonly nextFrame: (call: () => void) => void;
  readonly after: (ms: number, call: () => void) => void;
  readonly now: () => number;
}

/** Listens, and comes back by itself. */
export class Live {
  readonly connection: Signal<Connection> = signal<Connection>("connecting");
  readonly isPaused: Signal<boolean> = signal(false);
  /** Newest first. */
  readonly history: Signal<readonly Call[]> = signal<readonly Call[]>([]);
  /** Whether the newest calls were asked for, so an empty history means that there are none. */
  readonly isKnown: Signal<boolean> = signal(false);
  /** Rows since the page was opened. */
  readonly seen: Signal<number> = signal(0);
  /** Rows that wait while paused. */
  readonly waiting: Signal<number> = signal(0);
  /** Rows a second, of late. */
  readonly rate: Signal<number> = signal(0);
  /** Rows that came too fast to be shown. */
  readonly skipped: Signal<number> = signal(0);
  readonly #port: LivePort;
  readonly #listeners = new Set<(calls: readonly Call[]) => void>();
  #queue: Call[] = [];
  #hasFrame = false;
  #drawnAt = -Infinity;
  #since: number | null = null;
  #retryMs: number = LIVE_BOUNDS.retryMs;
  #recent: { at: number; rows: number }[] = [];
  #isOpen = false;
  #socket: WebSocket | null = null;
  /** Counts the tries to connect: what an earlier one still hears is not listened to. */
  #attempt = 0;
  /** The try that has asked for the newest calls. */
  #asked = 0;

  constructor(port: LivePort) {
    this.#port = port;
  }

  /** Connects, unless it is. */
  start(): void {
    if (this.#isOpen || !this.#port.mayOpen()) return;
    this.#isOpen = true;
    void this.#connect();
  }

  /** Listens no more, and forgets what it has heard: nobody is signed in. */
  stop(): void {
    this.#isOpen = false;
    this.#attempt++;
    this.#socket?.close();
    this.#socket = null;
    this.#since = null;
    this.#queue = [];
    batch(() => {
      this.connection.value = "connecting";
      this.history.value = [];
      this.isKnown.value = false;
      this.waiting.value = 0;
    });
  }

  /** Tells a listener of news, in the order in which they came. Gives what takes it off again. */
  listen(listener: (calls: readonly Call[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Holds back what comes, or lets it in. */
  togglePause(): void {
    this.isPaused.value = !this.isPaused.value;
    if (!this.isPaused.value) this.#show();
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt, isOver = () => attempt !== this.#attempt;
    try {
      const socket = await this.#port.open(this.#since);
      if (isOver()) return socket.close();
      this.#socket = socket;
      socket.onmessage = ({ data }) => {
        if (!isOver()) this.#take(this.#port.read(data));
      };
      socket.onclose = ({ code }) => {
        if (!isOver()) this.#lost(code === NO_LOG ? "waiting" : "offline");
      };
    } catch {
      if (!isOver()) this.#lost("offline");
    }
  }

  /**
   * Asks for what was there before. Not until the feed has said where it begins: a call that is made
   * in between would be in neither.
   */
  async #know(): Promise<void> {
    const attempt = this.#attempt;
    if (this.isKnown.peek() || this.#asked === attempt) return;
    this.#asked = attempt;
    try {
      const newest = await this.#port.newest();
      if (attempt !== this.#attempt) return;
      batch(() => {
        const came = [...this.history.value].reverse();
        this.history.value = merged(newest, came, LIVE_BOUNDS.history);
        this.isKnown.value = true;
      });
    } catch {
      this.#port.after(LIVE_BOUNDS.maxRetryMs, () => {
        if (attempt !== this.#attempt || !this.#isOpen) return;
        this.#asked = 0;
        void this.#know();
      });
    }
  }

  #lost(connection: "waiting" | "offline"): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.connection.value = connection;
    this.#port.after(this.#retryMs, () => this.start());
    this.#retryMs = Math.min(LIVE_BOUNDS.maxRetryMs, this.#retryMs * 2);
  }

  #take({ rows, skipped, next }: RowsFrame): void {
    this.#since = next;
    this.#retryMs = LIVE_BOUNDS.retryMs;
    if (this.connection.peek() !== "live") this.connection.value = "live";
    void this.#know();
    if (rows.length + skipped === 0) return;
    this.#queue.push(...rows);
    const over = Math.max(0, this.#queue.length - LIVE_BOUNDS.waiting);
    if (over > 0) this.#queue.splice(0, over);
    this.#recent.push({ at: this.#port.now(), rows: rows.length + skipped });
    this.#pending += rows.length + skipped;
    this.#missed += skipped + over;
    if (this.#hasFrame) return;
    this.#hasFrame = true;
    const draw = () =>
      this.#port.nextFrame(() => {
        this.#hasFrame = false;
        this.#drawnAt = this.#port.now();
        batch(() => this.#frame());
      });
    const waitMs = this.#drawnAt + LIVE_BOUNDS.drawMs - this.#port.now();
    if (waitMs > 0) this.#port.after(waitMs, draw);
    else draw();
  }

  /** Rows since the last frame of the screen, and those of them that were left out. */
  #pending = 0;
  #missed = 0;

  #frame(): void {
    this.seen.value += this.#pending;
    this.skipped.value += this.#missed;
    if (this.isPaused.value) this.waiting.value += this.#pending;
    this.#pending = this.#missed = 0;
    this.#measure();
    if (!this.isPaused.value) this.#show();
  }

  #show(): void {
    batch(() => {
      const calls = this.#queue;
      this.#queue = [];
      this.waiting.value = 0;
      if (calls.length === 0) return;
      this.history.value = merged(this.history.value, calls, LIVE_BOUNDS.history);
      for (const listener of this.#listeners) listener(calls);
    });
  }

  #measure(): void {
    const now = this.#port.now(), { rateMs } = LIVE_BOUNDS;
    this.#recent = this.#recent.filter(({ at }) => now - at < rateMs);
    const rows = this.#recent.reduce((sum, { rows }) => sum + rows, 0);
    this.rate.value = Math.round(10 * rows / (rateMs / 1000)) / 10;
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#port.after(1000, () => {
      this.#isTicking = false;
      if (this.rate.value > 0) this.#measure();
    });
  }

  #isTicking = false;
}
