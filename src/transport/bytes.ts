/**
 * Small questions about bytes.
 *
 * @module
 */

/** One run of bytes, `size` in all. */
export function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Bytes that are looked at one by one: to ask the runtime about so few costs more. */
const NEAR_BYTES = 256;

/** Place of the first of two bytes in `[from, end)`; −1 for neither. */
export function indexOfEither(
  bytes: Uint8Array,
  one: number,
  other: number,
  from: number,
  end: number = bytes.length,
): number {
  const near = Math.min(end, from + NEAR_BYTES);
  for (let at = from; at < near; at++) if (bytes[at] === one || bytes[at] === other) return at;
  if (near >= end) return -1;
  const rest = bytes.subarray(0, end), first = rest.indexOf(one, near);
  const second = (first < 0 ? rest : rest.subarray(0, first)).indexOf(other, near);
  return second < 0 ? first : second;
}

/** Whether `part` stands anywhere in `bytes`. */
export function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    let length = 1;
    while (length < part.length && bytes[at + length] === part[length]) length++;
    if (length === part.length) return true;
  }
  return false;
}

/** Length of a byte order mark, which some write and nobody has to read (RFC 8259 §8.1). */
export function bomOf(bytes: Uint8Array): 0 | 3 {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
