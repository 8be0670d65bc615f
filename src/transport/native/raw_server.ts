/**
 * The MCP server as a child process whose standard streams are plain descriptors, for the relay.
 *
 * @module
 */

import type { Exit } from "../transport.ts";
import { CannotStartError } from "../process_group.ts";
import type { Libc } from "./libc.ts";
import { type RawExit, type RawProcess, spawn, SpawnError } from "./spawn.ts";

/** Codes of failed starts, by numbers that are the same on Linux and macOS. */
const CODES: Readonly<Record<number, string>> = Object.freeze({
  2: "ENOENT",
  7: "E2BIG",
  8: "ENOEXEC",
  12: "ENOMEM",
  13: "EACCES",
  20: "ENOTDIR",
  24: "EMFILE",
  26: "ETXTBSY",
});

/** A running server. It leads a process group of its own, so that nobody is left behind. */
export class RawServer {
  /** Resolves when the process itself has ended; others of its group may still live. */
  readonly exit: Promise<Exit>;
  /** Process id, also that of the group. */
  readonly pid: number;

  private constructor(
    { pid, exit }: RawProcess,
    /** The descriptor that leads to its standard input. Nobody closes it here. */
    readonly input: number,
    /** The descriptor that its standard output arrives at. Nobody closes it here. */
    readonly output: number,
  ) {
    this.pid = pid;
    this.exit = exit.then(inWords);
  }

  /**
   * Starts `command` with the environment and the working directory of this process; its stderr is
   * ours.
   *
   * @throws {CannotStartError} when there is no such program, or it may not be run.
   */
  static start(libc: Libc, command: readonly [string, ...string[]]): RawServer {
    const into = libc.pipe(), outOf = libc.pipe();
    try {
      const streams = { stdin: into.readEnd, stdout: outOf.writeEnd };
      const process = spawn(command, Deno.env.toObject(), streams);
      return new RawServer(process, into.writeEnd, outOf.readEnd);
    } catch (fault) {
      libc.closeDescriptor(into.writeEnd);
      libc.closeDescriptor(outOf.readEnd);
      if (!(fault instanceof SpawnError)) throw fault;
      throw new CannotStartError(command[0], CODES[fault.errno], fault.message);
    } finally {
      // The child has its own: while ours are open, nobody sees the end.
      libc.closeDescriptor(into.readEnd);
      libc.closeDescriptor(outOf.writeEnd);
    }
  }
}

async function inWords({ code, signal }: RawExit): Promise<Exit> {
  if (code !== null) return { code, detail: `exit code ${code}` };
  const { constants } = await import("node:os");
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return { code: 128 + signal!, detail: name ?? `signal ${signal}` };
}
