/**
 * Two pipes as one exchange: lines in, lines out.
 *
 * @module
 */

import type { Direction } from "../session/call.ts";
import type { Exchange } from "../session/exchange.ts";
import type { Session } from "../session/session.ts";
import { type FindLineEnd, LineFramer } from "./lines.ts";
import { SendBuffer } from "./send_buffer.ts";

/** Bytes of our own that wait for a server; one that does not read is told no more. */
export const MAX_REPLIES_BYTES: number = 1024 * 1024;

/**
 * The exchange of a session on stdio:
 *
 * ```text
 * agent ─► receive("to_server", chunk) ─► lines ─► session ─► toServer ─► server
 *       ◄─ toAgent ◄─ session ◄─ lines ◄─ receive("to_agent", chunk) ◄─
 * ```
 *
 * What waits in a buffer may be views of the chunk that was received last in that direction:
 * receive the next when it is written.
 */
export class StdioExchange implements Exchange {
  readonly toServer = new SendBuffer(MAX_REPLIES_BYTES);
  readonly toAgent = new SendBuffer();
  readonly #session: Session;
  readonly #framers: Readonly<Record<Direction, LineFramer>>;
  readonly #onDeliver: () => void;
  readonly #onFault: (fault: unknown) => void;

  /**
   * @param onDeliver Called when something waits that no chunk has brought.
   * @param onFault Called when something went wrong inside that no chunk has brought.
   */
  constructor(
    session: Session,
    maxMessageBytes: number,
    onDeliver: () => void,
    onFault: (fault: unknown) => void,
  ) {
    this.#session = session;
    this.#onDeliver = onDeliver;
    this.#onFault = onFault;
    const framer = (direction: Direction) =>
      new LineFramer(maxMessageBytes, {
        line: (bytes, start, end) => session.enter(direction, bytes, start, end, this),
        oversized: (head, tail, total) => session.oversized(direction, head, { tail, total }, this),
      });
    this.#framers = { to_server: framer("to_server"), to_agent: framer("to_agent") };
  }

  /** Takes bytes that came from the agent (`to_server`) or the server (`to_agent`). */
  receive(direction: Direction, chunk: Uint8Array, find?: FindLineEnd): void {
    this.#framers[direction].push(chunk, find);
  }

  /** Notes that the side that `direction` comes from has ended: a line that it began is dropped. */
  end(direction: Direction): void {
    const { held } = this.#framers[direction];
    if (held.length > 0) this.#session.interrupted(direction, held, this);
  }

  /** Has what waits delivered, though no chunk has brought it. */
  deliver(): void {
    this.#onDeliver();
  }

  /** Tells of a fault that no chunk has brought. */
  fail(fault: unknown): void {
    this.#onFault(fault);
  }
}
