/**
 * The two ends that a session speaks to, whatever the transport.
 *
 * @module
 */

import type { Edit } from "../wire/edits.ts";
import type { Direction } from "./call.ts";

/** One end, as the session sees it: takes whole messages (or batches), in order. */
export interface MessageSink {
  /**
   * Takes the text `bytes[start, end)` that came from the other end, to go on with `edits` spliced
   * in, which lie inside it, in order and apart.
   *
   * It is a view, and stays unchanged until the transport enters the next text of this direction.
   */
  forward(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void;
  /** Takes a text of our own. */
  say(json: string): void;
}

/** The two ends: messages go on to one, our own answers go back to the other. */
export interface Ends {
  readonly toServer: MessageSink;
  readonly toAgent: MessageSink;
  /** Called when something was given to a sink while no text was being entered. */
  deliver(): void;
  /** Called when something went wrong inside while no text was being entered: no more may pass. */
  fail(fault: unknown): void;
}

/** The end that a direction leads to. */
export function onward(ends: Ends, direction: Direction): MessageSink {
  return direction === "to_server" ? ends.toServer : ends.toAgent;
}

/** The end that a direction comes from. */
export function back(ends: Ends, direction: Direction): MessageSink {
  return direction === "to_server" ? ends.toAgent : ends.toServer;
}

/** Says texts of our own, as one batch when the question was one; nothing for none. */
export function reply(sink: MessageSink, texts: readonly string[], isBatch = false): void {
  if (texts.length === 0) return;
  if (isBatch) sink.say(`[${texts.join(",")}]`);
  else for (const text of texts) sink.say(text);
}
