/**
 * One direction of a session: what comes in, what goes out, and which requests wait for answers.
 *
 * @module
 */

import type { Call, Direction } from "./call.ts";
import { LineFramer, type LineSink } from "./framing.ts";
import type { MessageId } from "../wire/message.ts";
import { Outbox } from "./outbox.ts";
import { Scanner } from "../wire/scan.ts";

/** A request that was forwarded in a lane's direction and has no answer yet. */
export interface OpenRequest {
  readonly id: MessageId;
  readonly method: string;
  /** Set for a `tools/call`. */
  readonly call: Call | null;
  /** The task that a `tasks/…` request asks about. */
  readonly task: string | null;
}

/**
 * Ids that were given up and whose late answers may still come; beyond it the oldest are forgotten.
 */
export const MAX_RETIRED = 1024;

/** One of the two directions. */
export class Lane {
  readonly scanner = new Scanner();
  readonly framer: LineFramer;
  /** Bytes on their way to the end that this lane leads to. */
  readonly out = new Outbox();
  /** Requests that walked this lane, oldest first; their answers come on the other one. */
  readonly open = new Map<MessageId, OpenRequest>();

  /** Ids of requests that were cancelled or given up: a late answer must not be another's. */
  readonly #retired = new Set<MessageId>();

  constructor(readonly direction: Direction, maxMessageBytes: number, sink: LineSink) {
    this.framer = new LineFramer(maxMessageBytes, sink);
  }

  /** Notes that the request with this id is over, though no answer has come. */
  retire(id: MessageId): void {
    this.#retired.add(id);
    if (this.#retired.size > MAX_RETIRED) {
      this.#retired.delete(this.#retired.values().next().value!);
    }
  }

  /** Whether a late answer to this id may still come. */
  isRetired(id: MessageId): boolean {
    return this.#retired.size > 0 && this.#retired.has(id);
  }

  /** Notes that the late answer to a retired id has come. */
  answeredLate(id: MessageId): void {
    if (!this.#retired.delete(id) && typeof id === "string") this.#retired.delete(Number(id));
  }

  /**
   * The open request that an answer with this id belongs to: exactly, or by the coercion that the
   * official clients make (`"1"`, `" 1 "`, `"0x1"` answer 1).
   */
  match(id: MessageId): OpenRequest | undefined {
    return this.open.get(id) ?? (typeof id === "string" ? this.open.get(Number(id)) : undefined);
  }
}
