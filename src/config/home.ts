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
 * Finds the user's home folder.
 *
 * @returns `HOME`, or `USERPROFILE` on Windows.
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

/**
 * Finds the folder with the config, the policies and the audit log.
 *
 * @returns `AGENTGATE_HOME`, or `~/.agentgate`.
 * @throws {UsageError} when neither that nor the home folder is set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { resolve } from "node:path";
 *
 * assert.equal(agentgateHome({ AGENTGATE_HOME: "/srv/gate", HOME: "/home/ada" }), resolve("/srv/gate"));
 * ```
 */
export function agentgateHome(env: Environment): string {
  return env.AGENTGATE_HOME ? resolve(env.AGENTGATE_HOME) : join(userHome(env), ".agentgate");
}
