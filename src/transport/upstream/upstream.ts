/**
 * The port to the upstream: requests go out once, answers come back as they arrive.
 *
 * @module
 */

import type { HeaderList } from "../http/headers.ts";

/** A request to the upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: HeaderList;
  /** Null for none. */
  readonly body: Uint8Array | null;
  /** Milliseconds that the head of the answer may take; 0 for ever. */
  readonly headTimeoutMs: number;
  /** Whether a lost request may be sent once more, on a fresh connection: it calls nothing. */
  readonly mayRepeat: boolean;
}

/** Receiver of an answer: `head`, then chunks, then `end`; or `fail`, at any time, as the last. */
export interface AnswerSink {
  head(status: number, headers: HeaderList): void;
  /** Takes a part of the body: a view, valid during the call. False asks to pause. */
  chunk(bytes: Uint8Array): boolean;
  end(): void;
  fail(failure: UpstreamFailure): void;
}

/** A request that is under way. */
export interface UpstreamExchange {
  /** Ends it, whatever is still to come: nothing is told of it any more. */
  abort(): void;
  /** Goes on after a pause. */
  resume(): void;
}

/** Reason why an answer does not come, or breaks off. */
export interface UpstreamFailure {
  readonly phase: "connect" | "head" | "body";
  /** Whether the upstream may have got the request, and done what it asks. */
  readonly wasSent: boolean;
  readonly isTimeout: boolean;
  /** A few words. */
  readonly reason: string;
}

/** Sends requests to one upstream. */
export interface Upstream {
  send(request: UpstreamRequest, sink: AnswerSink): UpstreamExchange;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Takes an answer that nobody waits for. */
export const NOTHING_COMES_BACK: AnswerSink = Object.freeze({
  head: () => {},
  chunk: () => true,
  end: () => {},
  fail: () => {},
});
