/**
 * What is said when something is not passed on: to whoever asked, to whoever waits, and to the taps.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import { errorResponse, toLine } from "../wire/answers.ts";
import type { Direction } from "./call.ts";
import type { CallBook } from "./calls.ts";
import type { Lane } from "./lane.ts";
import type { MessageId } from "../wire/message.ts";
import { idAtEnd, salvage } from "../wire/salvage.ts";

/** What is known of a line that was too long to be kept. */
export interface OversizedRest {
  /** Its last bytes. */
  readonly tail: Uint8Array;
  /** How long it was. */
  readonly total: number;
}

/** Speaks for a session that keeps something back. */
export class RefusalDesk {
  readonly #calls: CallBook;
  readonly #toServer: Lane;
  readonly #toAgent: Lane;

  constructor(calls: CallBook, toServer: Lane, toAgent: Lane) {
    this.#calls = calls;
    this.#toServer = toServer;
    this.#toAgent = toAgent;
  }

  /** The lane that answers to what walks `lane` take. */
  opposite(lane: Lane): Lane {
    return lane === this.#toServer ? this.#toAgent : this.#toServer;
  }

  /** Keeps a line from the other end, and tells whoever waits. */
  refuse(
    lane: Lane,
    line: Uint8Array,
    code: number,
    reason: string,
    rest?: OversizedRest,
  ): void {
    this.tell(lane.direction, reason, line);
    const message = `Nothing was executed: the message was refused (${reason}). ` +
      "Send each message as one line of strict JSON-RPC 2.0.";
    const replies: string[] = [];
    const remains = salvage(line);
    for (const found of remains) {
      if (rest !== undefined && remains.length === 1) found.id ??= idAtEnd(rest.tail);
      if (found.calls && lane === this.#toServer) {
        const { id: requestId, tool } = found, requestBytes = rest?.total ?? line.length;
        this.#calls.malformed({ requestId, tool: tool ?? "unknown", requestBytes }, reason);
      }
      if (found.id === null) continue;
      // What a server prints to its stdout is no message, though it may speak of ids and methods.
      const isMessage = found.names || lane === this.#toServer;
      if (found.asks && isMessage) replies.push(errorResponse(found.id, { code, message }));
      else if (found.answers || rest !== undefined) {
        this.failWaiting(this.opposite(lane), found.id, reason);
      }
    }
    this.reply(this.opposite(lane), replies, line[0] === 0x5b);
  }

  /** Tells the end that asked, on `requests`, that its answer came and could not be passed on. */
  failWaiting(requests: Lane, id: MessageId, reason: string): void {
    const open = requests.match(id);
    if (open === undefined) return;
    requests.open.delete(open.id);
    const message = `The answer was refused (${reason}). The request may have been executed; ` +
      "ask the operator to look at the gateway's log.";
    this.reply(this.opposite(requests), [
      errorResponse(open.id, { code: WIRE_CODES.internalError, message }),
    ]);
    if (open.call !== null) {
      this.#calls.end(open.call, { outcome: "error", detail: `answer refused: ${reason}` });
    }
  }

  /** Tells the taps of something that was not passed on. */
  tell(direction: Direction, reason: string, line?: Uint8Array): void {
    this.#calls.emit({ type: "message_refused", direction, reason, line: line ?? null });
  }

  /** Answers on `lane`, in one line when the question was a batch. */
  reply(lane: Lane, replies: readonly string[], batch = false): void {
    if (replies.length === 0) return;
    if (batch) lane.out.add(toLine(`[${replies.join(",")}]`));
    else for (const reply of replies) lane.out.add(toLine(reply));
  }
}
