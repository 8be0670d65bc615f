/**
 * The server and all that it has started, as one thing to send signals to.
 *
 * @module
 */

/** Sends a signal to a process group; does nothing when nobody of it is left. Not for Windows. */
export function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/** Reasons why a command could not be started, in words that do not depend on who tried. */
export const NO_SUCH_PROGRAM = "no such program", NOT_PERMITTED = "permission denied";

/** The command could not be started. */
export class CannotStartError extends Error {
  override readonly name = "CannotStartError";

  constructor(program: string, reason: string) {
    super(`cannot start the server: ${program}: ${reason}`);
  }
}
