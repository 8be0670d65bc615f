/**
 * Payloads of more bytes than are stored of one: what stands in their place.
 *
 * @module
 */

import { nodeCrypto } from "../node_process.ts";
import { abridge } from "./abridge.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";

/**
 * A payload past the bound. It travels whole, is given a text on the audit thread, and is gone.
 */
export interface LargePayload {
  /** A copy; empty once it has been transferred, null once there is a text. */
  bytes: Uint8Array<ArrayBuffer> | null;
  readonly size: number;
  /** Bytes that may be stored of it. */
  readonly maxBytes: number;
  /** The text that is stored; null until somebody has asked for it. */
  text: string | null;
}

/** Buffers that were used and will be again: new memory costs more than what is copied into it. */
const spare: ArrayBuffer[] = [];
let spareBytes = 0;

/** Takes a payload in, by a copy. */
export function largePayload(bytes: Uint8Array, maxBytes: number): LargePayload {
  const size = bytes.length, place = spare.findIndex(({ byteLength }) => byteLength >= size);
  const [buffer = new ArrayBuffer(size)] = place < 0 ? [] : spare.splice(place, 1);
  if (place >= 0) spareBytes -= buffer.byteLength;
  const copy = new Uint8Array(buffer, 0, size);
  copy.set(bytes);
  return { bytes: copy, size, maxBytes, text: null };
}

/** Gives the buffers of payloads that have a text by now back to the thread that copies. */
export function reuse(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) {
    if (spareBytes + buffer.byteLength > AUDIT_BOUNDS.spareBytes) continue;
    spareBytes += buffer.byteLength;
    spare.push(buffer);
  }
}

/** Times that the room is reckoned anew because a text has more bytes than was thought. */
const ATTEMPTS = 4;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * JSON text that says of a payload how large it was, and nothing else.
 *
 * @param facts More members, each with a comma before it.
 */
export function sizeMarker(size: number, facts = ""): string {
  return `{"_truncated":true,"original_size_bytes":${size}${facts}}`;
}

/** The text that is stored of a payload: a marker with its size, its SHA-256 and what it said. */
export function storedText(payload: LargePayload): string {
  if (payload.text === null) {
    const { bytes, size } = payload;
    const isHere = bytes !== null && bytes.length === size;
    payload.text = isHere ? marker(bytes, payload.maxBytes) : sizeMarker(size);
    payload.bytes = null;
  }
  return payload.text;
}

/**
 * The hash is of the redacted JSON text, as it would be stored were it shorter: what a redact rule
 * has masked is masked in it as well, so nobody can try out with it what a secret was.
 */
function marker(bytes: Uint8Array, maxBytes: number): string {
  const text = decoder.decode(bytes), hash = `,"sha256":"${sha256(bytes)}"`;
  const room = maxBytes - sizeMarker(bytes.length, `${hash},"abridged":`).length;
  for (let n = 0, characters = room * text.length / bytes.length; n < ATTEMPTS; n++) {
    if (characters < 2) break;
    const json = abridge(text, Math.floor(characters)), { length } = encoder.encode(json);
    if (length <= room) return sizeMarker(bytes.length, `${hash},"abridged":${json}`);
    characters = Math.min(characters - 1, characters * room / length);
  }
  return sizeMarker(bytes.length, hash);
}

function sha256(bytes: Uint8Array): string {
  return nodeCrypto().createHash("sha256").update(bytes).digest("hex");
}
