/**
 * Bodies of requests, whole and within bounds.
 *
 * @module
 */

import { joined } from "../bytes.ts";
import { Later } from "../later.ts";
import { type HeaderList, headerOf } from "./headers.ts";

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

/** The bytes of bodies that are in flight, of all requests together, and the time that each has. */
export class BodyBudget {
  /** Errands for when a body has taken too long. */
  readonly late: Later<(fault: BodyError) => void> = new Later(BODY_BOUNDS.timeMs, tooLate);
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

  /** Ends what it has going on. */
  stop(): void {
    this.late.stop();
  }
}

/** A request, and its headers as they were read. */
export interface Asked {
  readonly request: Request;
  readonly headers: HeaderList;
}

/** Bodies no longer than this come in one piece. */
const ONE_PIECE_BYTES = 64 * 1024;

/**
 * Reads the body of a request.
 *
 * @param maxBytes Longest body (`max_message_bytes`).
 * @param budget Pays for its bytes; whoever called gives them back.
 * @throws {BodyError} for one that is too long, too slow, or breaks off.
 */
export async function readBody(
  { request, headers }: Asked,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Uint8Array> {
  const told = headerOf(headers, "content-length");
  const length = told === undefined ? null : Number(told);
  if (length !== null && length > maxBytes) throw tooLong(maxBytes);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const errand = budget.late.add(reject);
  // Asking for `body` makes a stream, which costs more than the bytes of a short one.
  const isShort = length !== null && length <= ONE_PIECE_BYTES;
  const reading = isShort ? request.bytes() : readParts(request.body, maxBytes, budget);
  let isOver = false;
  reading.then((body) => {
    // Nobody waits for it any more.
    if (isOver && !isShort) budget.give(body.length);
    resolve(body);
  }, (fault) => {
    reject(fault instanceof BodyError ? fault : new BodyError(400, "the body broke off"));
  });
  try {
    const body = await promise;
    if (isShort) budget.take(body.length);
    return body;
  } finally {
    isOver = true;
    budget.late.cancel(errand);
  }
}

async function readParts(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body ?? []) {
      if (size + part.length > maxBytes) throw tooLong(maxBytes);
      budget.take(part.length);
      size += part.length;
      parts.push(part);
    }
  } catch (fault) {
    budget.give(size);
    throw fault;
  }
  return parts.length === 1 ? parts[0]! : joined(parts, size);
}

function tooLate(reject: (fault: BodyError) => void): void {
  reject(new BodyError(408, `the body did not come within ${BODY_BOUNDS.timeMs / 1000} s`));
}

function tooLong(maxBytes: number): BodyError {
  return new BodyError(413, `the body is longer than max_message_bytes (${maxBytes})`);
}
