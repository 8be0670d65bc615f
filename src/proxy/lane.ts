/**
 * One direction of a session: what comes in, what goes out, and which requests wait for answers.
 *
 * @module
 */

import type { Call, Direction } from "./call.ts";
import { LineFramer, type LineSink } from "./framing.ts";
import type { MessageId } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { Scanner } from "./scan.ts";

/** A request that was forwarded in a lane's direction and has no answer yet. */
export interface OpenRequest {
  readonly id: MessageId;
  readonly method: string;
  /** Set for a `tools/call`. */
  readonly call: Call | null;
  /** The task that a `tasks/…` request asks about. */
  readonly task: string | null;
}

/** One of the two directions. */
export class Lane {
  readonly scanner = new Scanner();
  readonly framer: LineFramer;
  /** Bytes on their way to the end that this lane leads to. */
  readonly out = new Outbox();
  /** Requests that walked this lane, oldest first; their answers come on the other one. */
  readonly open = new Map<MessageId, OpenRequest>();

  constructor(readonly direction: Direction, maxMessageBytes: number, sink: LineSink) {
    this.framer = new LineFramer(maxMessageBytes, sink);
  }

  /**
   * The open request that an answer with this id belongs to: exactly, or by the coercion that the
   * official clients make (`"1"`, `" 1 "`, `"0x1"` answer 1).
   */
  match(id: MessageId): OpenRequest | undefined {
    return this.open.get(id) ?? (typeof id === "string" ? this.open.get(Number(id)) : undefined);
  }
}
