/**
 * The MCP server as a child process whose standard streams are plain descriptors, for the relay.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { basename, dirname } from "node:path";
import type { Exit } from "../lifecycle.ts";
import { CannotStartError, NO_SUCH_PROGRAM, NOT_PERMITTED } from "../process_group.ts";
import type { Libc } from "./libc.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: NO_SUCH_PROGRAM,
  EACCES: NOT_PERMITTED,
};

/** A running server. It leads a process group of its own, so that nobody is left behind. */
export class RawServer {
  /** Resolves when the process itself has ended; others of its group may still live. */
  readonly exit: Promise<Exit>;

  private constructor(
    child: ChildProcess,
    /** Process id, also that of the group. */
    readonly pid: number,
    /** The descriptor that leads to its standard input. Nobody closes it here. */
    readonly input: number,
    /** The descriptor that its standard output arrives at. Nobody closes it here. */
    readonly output: number,
  ) {
    this.exit = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        const number = signal === null ? 0 : constants.signals[signal];
        resolve({
          code: code ?? 128 + number,
          detail: signal ?? `exit code ${code}`,
        });
      });
    });
  }

  /**
   * Starts `command` with the environment and the working directory of this process; its stderr is
   * ours.
   *
   * @throws {CannotStartError} when there is no such program, or it may not be run.
   */
  static async start(libc: Libc, command: readonly [string, ...string[]]): Promise<RawServer> {
    const [program, ...args] = command;
    const into = libc.pipe(), outOf = libc.pipe();
    try {
      const child = spawn(respelled(program), args, {
        stdio: [into.readEnd, outOf.writeEnd, "inherit"],
        detached: true,
      });
      const { pid } = child;
      if (pid !== undefined) return new RawServer(child, pid, into.writeEnd, outOf.readEnd);
      throw await new Promise<NodeJS.ErrnoException>((resolve) => child.once("error", resolve));
    } catch (fault) {
      libc.closeDescriptor(into.writeEnd);
      libc.closeDescriptor(outOf.readEnd);
      const { code, message } = fault as NodeJS.ErrnoException;
      throw new CannotStartError(program, REASONS[code ?? ""] ?? message);
    } finally {
      // The child has its own: while ours are open, nobody sees the end.
      libc.closeDescriptor(into.readEnd);
      libc.closeDescriptor(outOf.writeEnd);
    }
  }
}

/**
 * Deno's `spawn` gives a program that is Deno itself, by its own path, arguments of its own: `-A`, where
 * none says what is permitted. By another spelling of the path it starts what it was told to.
 */
function respelled(program: string): string {
  if (program !== Deno.execPath()) return program;
  return `${dirname(program)}/./${basename(program)}`;
}
