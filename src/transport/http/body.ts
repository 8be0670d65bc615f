/**
 * Bodies of requests, whole and within bounds.
 *
 * @module
 */

import { joined } from "./bytes.ts";

/** Bounds on bodies. */
export const BODY_BOUNDS = Object.freeze({
  /** Milliseconds that a body may take. */
  timeMs: 30_000,
  /** Bytes of all bodies that are being read or sent. */
  inFlightBytes: 256 * 1024 * 1024,
});

/** Reason why a body was not read: an HTTP status, and words. */
export class BodyError extends Error {
  override readonly name = "BodyError";

  constructor(readonly status: 400 | 408 | 413 | 503, message: string) {
    super(message);
  }
}

/** The bytes of bodies that are in flight, of all requests together. */
export class BodyBudget {
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number = BODY_BOUNDS.inFlightBytes) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are taken now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {BodyError} 503 when there is no room for them. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new BodyError(503, "the gateway has too many bodies in flight; try again soon");
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/**
 * Reads the body of a request.
 *
 * @param maxBytes Longest body (`max_message_bytes`).
 * @param budget Pays for its bytes; whoever called gives them back.
 * @throws {BodyError} for one that is too long, too slow, or breaks off.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  budget: BodyBudget,
  timeMs: number = BODY_BOUNDS.timeMs,
): Promise<Uint8Array> {
  const told = request.headers.get("content-length"), length = told === null ? null : Number(told);
  if (length !== null && length > maxBytes) throw tooLong(maxBytes);
  if (request.body === null) return new Uint8Array(0);
  const reader = request.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined, isLate = false;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      timer ??= setTimeout(() => {
        isLate = true;
        reader.cancel().catch(() => {});
      }, timeMs);
      const { value, done } = await reader.read();
      if (isLate) throw new BodyError(408, `the body did not come within ${timeMs / 1000} s`);
      if (done) break;
      if (size + value.length > maxBytes) throw tooLong(maxBytes);
      budget.take(value.length);
      size += value.length;
      parts.push(value);
    }
  } catch (fault) {
    budget.give(size);
    reader.cancel().catch(() => {});
    if (fault instanceof BodyError) throw fault;
    throw new BodyError(400, "the body broke off");
  } finally {
    clearTimeout(timer);
  }
  return parts.length === 1 ? parts[0]! : joined(parts, size);
}

function tooLong(maxBytes: number): BodyError {
  return new BodyError(413, `the body is longer than max_message_bytes (${maxBytes})`);
}
