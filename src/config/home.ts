/**
 * The two folders that a person does not name: the home folder and AgentGate's own.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { UsageError } from "../errors.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The user's home folder: `HOME`, or `USERPROFILE` on Windows.
 *
 * @throws {UsageError} when it is not set. A temporary folder would do no good: what is written
 * there is readable by others, and gone tomorrow.
 */
export function userHome(env: Environment): string {
  const name = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";
  const home = env[name];
  if (home) return home;
  throw new UsageError(
    `cannot tell where your home folder is: ${name} is not set. ` +
      `Set ${name}, or AGENTGATE_HOME to the folder that AgentGate keeps its files in.`,
  );
}

/** The folder with the config, the policies and the audit log: `AGENTGATE_HOME`, or `~/.agentgate`. */
export function agentgateHome(env: Environment): string {
  return env.AGENTGATE_HOME ? resolve(env.AGENTGATE_HOME) : join(userHome(env), ".agentgate");
}
