/**
 * Requests that wait for their answers, by id.
 *
 * @module
 */

import { forgetOldest } from "../oldest.ts";
import type { MessageId } from "../wire/message.ts";
import { commonId } from "./same_id.ts";
import type { Call } from "./call.ts";
import type { Ends } from "./ends.ts";

/** A request that has no answer yet. */
export interface OpenRequest {
  readonly id: MessageId;
  readonly method: string;
  /** Set for a `tools/call`. */
  readonly call: Call | null;
  /** The task that a `tasks/…` request asks about. */
  readonly task: string | null;
  /** The ends between which it was sent: it is answered at one, and went to the other. */
  readonly ends: Ends;
  /** The table that remembers it. */
  readonly table: RequestTable;
  /** Whether it is part of a text that is held back. */
  isHeld: boolean;
  /** When it is given up, in monotonic milliseconds; null for never. Set by the deadlines. */
  dueAt: number | null;
}

/** Requests of one side that may wait for answers at once. */
export const MAX_OPEN_REQUESTS = 65_536;

/** UTF-16 code units of their ids, methods and tasks. */
export const MAX_OPEN_CHARS: number = 8 * 1024 * 1024;

/**
 * Ids that were given up and whose late answers may still come; beyond it the oldest are forgotten.
 */
export const MAX_RETIRED = 1024;

/**
 * The requests of one side in one session, or in one exchange where a server keeps no sessions: the
 * room in which an id is unique.
 */
export class RequestTable {
  /** By their common ids: no two are open that some parser takes for one another. */
  readonly #open = new Map<MessageId, OpenRequest>();
  #chars = 0;
  /** Ids of requests that were cancelled or given up: a late answer must not be another's. */
  #retired: Set<MessageId> | undefined;
  #isUncertain = false;

  /** Number of requests that wait. */
  get size(): number {
    return this.#open.size;
  }

  /** Number of calls among them. */
  get calls(): number {
    let calls = 0;
    for (const { call } of this.#open.values()) if (call !== null) calls++;
    return calls;
  }

  /**
   * Whether ids have been forgotten whose answers may still come: from then on, nobody can say whose an
   * answer is.
   */
  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  /** The request with exactly this id. */
  get(id: MessageId): OpenRequest | undefined {
    const open = this.match(id);
    return open?.id === id ? open : undefined;
  }

  /** Whether an id cannot be told from one whose answer may still come, however it is spelled. */
  isUsed(id: MessageId): boolean {
    const common = commonId(id);
    return this.#open.has(common) || this.#retired !== undefined && this.#retired.has(common);
  }

  /** Whether no more may wait. */
  get isFull(): boolean {
    return this.#open.size >= MAX_OPEN_REQUESTS || this.#chars >= MAX_OPEN_CHARS;
  }

  /** Remembers a request; its id is not used. */
  add(request: OpenRequest): void {
    this.#open.set(commonId(request.id), request);
    this.#chars += charsOf(request);
  }

  /** Forgets a request: its answer has come, or never will. */
  delete(id: MessageId): void {
    const request = this.get(id);
    if (request === undefined) return;
    this.#open.delete(commonId(id));
    this.#chars -= charsOf(request);
  }

  /** Forgets a request whose answer may come late. */
  retire(id: MessageId): void {
    this.delete(id);
    const retired = (this.#retired ??= new Set()).add(commonId(id));
    if (retired.size > MAX_RETIRED) this.#isUncertain = true;
    forgetOldest(retired, MAX_RETIRED);
  }

  /** Notes that the late answer to a retired id has come. */
  answeredLate(id: MessageId): void {
    this.#retired?.delete(commonId(id));
  }

  /**
   * The open request that an answer with this id belongs to: exactly, or by the coercion that the
   * official clients make (`"1"`, `" 1 "`, `"0x1"` answer 1).
   */
  match(id: MessageId): OpenRequest | undefined {
    return this.#open.get(commonId(id));
  }

  /** Forgets all requests; gives them, oldest first. */
  clear(): readonly OpenRequest[] {
    const all = [...this.#open.values()];
    this.#open.clear();
    this.#chars = 0;
    return all;
  }
}

function charsOf({ id, method, task }: OpenRequest): number {
  return (typeof id === "string" ? id.length : 0) + method.length + (task?.length ?? 0);
}
