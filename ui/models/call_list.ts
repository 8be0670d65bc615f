/**
 * A list of calls that pass a filter: pages of the past, and what comes, bounded, without ever moving
 * under the reader.
 *
 * @module
 */

import { batch, type Signal, signal } from "@preact/signals";
import type { Call } from "./call.ts";
import { passes } from "./filter.ts";

/** Bounds of the list. */
export const LIST_BOUNDS = Object.freeze({
  /** Calls that are kept. */
  rows: 5000,
  /** Calls that wait above while somebody reads; those before them are only counted. */
  waiting: 2000,
  page: 100,
});

/** A page of the past. */
export interface CallPage {
  readonly calls: readonly Call[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
}

/** Asks for a page of a filter. */
export type AskCalls = (
  line: string,
  cursor: string | null,
  signal: AbortSignal,
) => Promise<CallPage>;

/** The list. */
export class CallList {
  /** Newest first. */
  readonly rows: Signal<readonly Call[]> = signal<readonly Call[]>([]);
  readonly unseen: Signal<number> = signal(0);
  readonly state: Signal<"loading" | "ready" | "more"> = signal<"loading" | "ready" | "more">(
    "loading",
  );
  readonly fault: Signal<string | null> = signal<string | null>(null);
  /** Whether the past was read to its end. */
  readonly isWhole: Signal<boolean> = signal(false);
  readonly #ask: AskCalls;
  readonly #reasons = new Set<string>();
  #line = "";
  #next: string | null = null;
  #asked = new AbortController();
  #ids = new Set<string>();
  #waiting: Call[] = [];
  /** What came while the newest were asked for: the answer may be older. */
  #early: Call[] = [];
  /** Whether to ask once more when the newest have come. */
  #isStale = false;

  constructor(ask: AskCalls) {
    this.#ask = ask;
  }

  /** Begins anew with a filter. */
  async load(line: string): Promise<void> {
    this.#asked.abort();
    this.#asked = new AbortController();
    this.#line = line;
    this.#waiting = [];
    this.#early = [];
    this.#isStale = false;
    this.state.value = "loading";
    this.unseen.value = 0;
    let isUnsure = false;
    await this.#page(null, (calls) => {
      this.#put(calls);
      this.state.value = "ready";
      isUnsure = this.take(this.#early);
      this.#early = [];
    });
    if (isUnsure || this.#isStale) await this.refresh();
  }

  /** Reads on into the past. */
  async more(): Promise<void> {
    if (this.state.value !== "ready" || this.isWhole.value) return;
    this.state.value = "more";
    await this.#page(this.#next, (calls) => {
      const fresh = calls.filter(({ id }) => !this.#ids.has(id));
      this.#put([...this.rows.value, ...fresh].slice(0, LIST_BOUNDS.rows));
      if (this.rows.value.length === LIST_BOUNDS.rows) this.isWhole.value = true;
    });
  }

  /**
   * Takes what has come, in its order.
   *
   * @returns Whether some may pass that cannot be judged here.
   */
  take(calls: readonly Call[]): boolean {
    if (this.state.value === "loading") {
      this.#early = [...this.#early, ...calls].slice(-LIST_BOUNDS.waiting);
      return false;
    }
    const changed = new Map<string, Call>(), fresh: Call[] = [];
    let isUnsure = false;
    for (const call of calls) {
      if (this.#ids.has(call.id)) {
        changed.set(call.id, call);
        continue;
      }
      const answer = passes(this.#line, call);
      if (answer) fresh.push(call);
      else if (answer === null) isUnsure = true;
    }
    batch(() => {
      if (changed.size > 0) {
        this.rows.value = this.rows.value.map((call) => newer(call, changed.get(call.id)));
      }
      if (fresh.length > 0) this.#add(fresh);
    });
    return isUnsure;
  }

  /** Looks for what is new by asking: for a filter that cannot be judged here, or what no news told. */
  async refresh(): Promise<void> {
    if (this.state.value === "loading") this.#isStale = true;
    if (this.state.value !== "ready") return;
    try {
      const { calls } = await this.#ask(this.#line, null, this.#asked.signal);
      const told = new Map(calls.map((call) => [call.id, call]));
      batch(() => {
        this.rows.value = this.rows.value.map((call) => newer(call, told.get(call.id)));
        this.#add(calls.filter(({ id }) => !this.#ids.has(id)).reverse());
      });
    } catch {
      // It is asked again with the next that comes.
    }
  }

  /** Begins or ends a reason to keep still. */
  hold(reason: string, isHeld: boolean): void {
    if (isHeld) this.#reasons.add(reason);
    else if (this.#reasons.delete(reason) && this.#reasons.size === 0) this.catchUp();
  }

  /** Shows what waits. */
  catchUp(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    batch(() => {
      this.unseen.value = 0;
      if (waiting.length > 0) this.#prepend(waiting);
    });
  }

  #add(fresh: readonly Call[]): void {
    if (fresh.length === 0) return;
    if (this.#reasons.size === 0) return this.#prepend(fresh);
    const known = new Map(this.#waiting.map((call) => [call.id, call]));
    let count = this.unseen.value;
    for (const call of fresh) {
      if (!known.has(call.id)) count++;
      known.set(call.id, call);
    }
    this.#waiting = [...known.values()].slice(-LIST_BOUNDS.waiting);
    this.unseen.value = count;
  }

  #prepend(fresh: readonly Call[]): void {
    const unique = [...new Map(fresh.map((call) => [call.id, call])).values()].reverse();
    this.#put([...unique, ...this.rows.value].slice(0, LIST_BOUNDS.rows));
  }

  #put(rows: readonly Call[]): void {
    this.rows.value = rows;
    this.#ids = new Set(rows.map(({ id }) => id));
  }

  async #page(cursor: string | null, take: (calls: readonly Call[]) => void): Promise<void> {
    const { signal } = this.#asked;
    try {
      const { calls, next } = await this.#ask(this.#line, cursor, signal);
      if (signal.aborted) return;
      this.#next = next;
      batch(() => {
        this.isWhole.value = next === null;
        this.fault.value = null;
        take(calls);
        this.state.value = "ready";
      });
    } catch (fault) {
      if (signal.aborted) return;
      batch(() => {
        this.fault.value = (fault as Error).message;
        this.state.value = "ready";
        this.isWhole.value = true;
        if (cursor === null) this.#put([]);
      });
    }
  }
}

/** The later of what is known of a call and what is told of it. */
function newer(known: Call, told: Call | undefined): Call {
  return told !== undefined && (told.change ?? 0) >= (known.change ?? 0) ? told : known;
}

/** The rows of a table that are in sight, with some around them. */
export function inSight(
  scrollTop: number,
  height: number,
  rowHeight: number,
  rows: number,
): { readonly from: number; readonly to: number } {
  const around = 8;
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - around);
  return { from, to: Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + around) };
}
