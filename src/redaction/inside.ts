/**
 * What stands inside a string: JSON, or text in base64.
 *
 * @module
 */

/** Base64 shorter than this says nothing. */
const MIN_BASE64 = 16;

/** Base64 in the middle of a text is looked into from this length on: shorter runs are words and paths. */
export const MIN_RUN = 24;

const RUNS = new RegExp(`[A-Za-z0-9+/_-]{${MIN_RUN},}={0,2}`, "g");

const encoder = new TextEncoder(), fatal = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1"), utf16 = new TextDecoder("utf-16le");
const utf16be = new TextDecoder("utf-16be");

/** Keys of MCP whose values are base64. */
export function isBase64Key(key: string): boolean {
  return key === "blob" || key === "data";
}

/** Whether a string may be JSON with strings or numbers of its own. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text) && /["0-9]/.test(text);
}

/** Whether it is. */
export function isJson(text: string): boolean {
  if (!looksLikeJson(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What base64 stands for: one text, or bytes that may be read as several. */
export interface Decoded {
  readonly texts: readonly string[];
  /** Whether it is text: then what is redacted in it is encoded again; else all of it is withheld. */
  readonly isText: boolean;
}

/** Decodes a value of {@link isBase64Key}; undefined when it is no base64. */
export function decodeBase64(value: string): Decoded | undefined {
  if (value.length < MIN_BASE64) return undefined;
  const bytes = bytesOf(value);
  if (bytes === undefined) return undefined;
  const text = textOf(bytes);
  return text !== undefined ? { texts: [text], isText: true } : {
    texts: [latin1.decode(bytes), utf16.decode(bytes), utf16be.decode(bytes)],
    isText: false,
  };
}

/** Encodes a text as base64. */
export function encodeBase64(text: string): string {
  return encoder.encode(text).toBase64();
}

/** A run of base64 in a text, and the text that it stands for. */
export interface Run {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Finds base64 in the middle of a text, also behind `data:…;base64,`, that stands for text. */
export function* runsIn(value: string): Generator<Run> {
  if (value.length < MIN_RUN) return;
  for (const { 0: run, index } of value.matchAll(RUNS)) {
    const bytes = bytesOf(run), text = bytes === undefined ? undefined : textOf(bytes);
    // Words and paths are base64, too; what they stand for is not what anybody has written.
    if (text === undefined || /[\p{Cc}--[\t\n\v\f\r]]/v.test(text)) continue;
    yield { start: index, end: index + run.length, text };
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64, {
      alphabet: /[-_]/.test(base64) ? "base64url" : "base64",
    });
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fatal.decode(bytes);
  } catch {
    return undefined;
  }
}
