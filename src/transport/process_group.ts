/**
 * The server and all that it has started, as one thing to send signals to.
 *
 * @module
 */

import { osReason } from "../errors.ts";

/** Sends a signal to a process group; does nothing when nobody of it is left. Not for Windows. */
export function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** The command could not be started. */
export class CannotStartError extends Error {
  override readonly name = "CannotStartError";

  /**
   * @param code The operating system's, as `ENOENT`; the reasons do not depend on who has tried.
   * @param reason Words for a code that has none.
   */
  constructor(program: string, code: string | undefined, reason: string) {
    super(`cannot start the server: ${program}: ${whyNot(program, code) ?? reason}`);
  }
}

function whyNot(program: string, code: string | undefined): string | undefined {
  if (code === "ENOENT") {
    // Who leads there through folders found it, and not what is to run it.
    const isThere = program.includes("/") && statOf(program) !== undefined;
    return isThere ? "the program that its first line (#!) names is missing" : "no such program";
  }
  return osReason(code === "EACCES" && statOf(program)?.isDirectory ? "EISDIR" : code);
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
