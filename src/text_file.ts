/**
 * Files that people write: UTF-8 text, or a sentence that says what is the matter.
 *
 * @module
 */

import { reasonOf, UsageError } from "./errors.ts";

/**
 * Reads a file; a byte order mark is left out.
 *
 * @param what The file is called that: `policy file`.
 * @returns null when there is no such file.
 * @throws {UsageError} when it cannot be read, or is not UTF-8.
 */
export async function readTextFile(file: string, what: string): Promise<string | null> {
  try {
    return textOf(await Deno.readFile(file));
  } catch (fault) {
    if (fault instanceof Deno.errors.NotFound) return null;
    throw new UsageError(`cannot read the ${what} ${file}: ${reasonOf(fault)}`);
  }
}

/** @throws {Error} whose message says what the bytes are instead of UTF-8. */
function textOf(bytes: Uint8Array): string {
  if (isUtf16(bytes)) {
    throw new Error("it is not UTF-8 but UTF-16, as PowerShell's > writes it. Save it as UTF-8");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // A character that cannot be read stands for the first byte that is wrong.
    const before = new TextDecoder().decode(bytes).split("\ufffd", 1)[0]!;
    const line = before.split("\n").length;
    throw new Error(
      `it is not UTF-8 (line ${line}), but Latin-1 or another encoding. Save it as UTF-8`,
    );
  }
}

/** Whether it begins with a byte order mark of UTF-16, or with a letter as UTF-16 has it. */
function isUtf16([first, second]: Uint8Array): boolean {
  const isMarked = first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
  return isMarked || (first === 0) !== (second === 0) && second !== undefined;
}
