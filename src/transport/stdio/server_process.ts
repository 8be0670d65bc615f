/**
 * The MCP server as a child process: its own process group, so that nobody is left behind.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import type { Exit } from "../transport.ts";
import { CannotStartError, signalGroup } from "../process_group.ts";
import { resolveProgram } from "./program.ts";

/** A server that speaks by lines, whether it is a child process or somewhere else. */
export interface StdioServer {
  /** Bytes to its standard input. */
  readonly stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Bytes from its standard output. */
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when it has ended. */
  readonly exit: Promise<Exit>;
  /** Asks it to end. */
  signal(signal: Deno.Signal): void;
}

/** A running server. */
export class ServerProcess implements StdioServer {
  readonly stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when the process itself has ended; others of its group may still live. */
  readonly exit: Promise<Exit>;
  readonly #child: Deno.ChildProcess;
  #ended = false;

  /**
   * Starts `command` with the environment and the working directory of this process; its stderr is
   * ours.
   *
   * @throws {CannotStartError} when there is no such program, or it may not be run.
   */
  constructor(command: readonly [string, ...string[]]) {
    const [program, ...args] = command;
    try {
      this.#child = new Deno.Command(resolveProgram(program), {
        args,
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
        detached: Deno.build.os !== "windows",
      }).spawn();
    } catch (fault) {
      throw new CannotStartError(program, (fault as { code?: string }).code, reasonOf(fault));
    }
    this.stdin = this.#child.stdin.getWriter();
    this.stdout = this.#child.stdout;
    this.exit = this.#child.status.then(({ code, signal }) => {
      this.#ended = true;
      return { code, detail: signal ?? `exit code ${code}` };
    });
  }

  /** Process id, also that of the group. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal to the whole group. */
  signal(signal: Deno.Signal): void {
    if (Deno.build.os !== "windows") return signalGroup(this.#child.pid, signal);
    try {
      if (!this.#ended) this.#child.kill(signal === "SIGKILL" ? "SIGKILL" : "SIGTERM");
    } catch {
      // It has ended meanwhile.
    }
  }
}
