/**
 * `~` and `${VAR}` in the values of a config.
 *
 * @module
 */

import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { type Environment, userHome } from "./home.ts";

/** A value with its variables filled in, and the names of those that are not set. */
export interface Expanded {
  readonly text: string;
  readonly unset: readonly string[];
}

/**
 * Fills in each `${NAME}`; `$${` stands for a plain `${`. An empty variable is set.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(expandVariables("${KEY} $${KEY} ${NONE}", { KEY: "k" }), {
 *   text: "k ${KEY} ${NONE}",
 *   unset: ["NONE"],
 * });
 * ```
 */
export function expandVariables(text: string, env: Environment): Expanded {
  const unset: string[] = [];
  const expanded = text.replace(/\$\$\{|\$\{([^}]*)\}/g, (all, name?: string) => {
    if (name === undefined) return "${";
    const value = env[name];
    if (value === undefined) unset.push(name);
    return value ?? all;
  });
  return { text: expanded, unset };
}

/**
 * An address that stayed as it was written where a variable was not set.
 *
 * @throws {UsageError} with the variable.
 */
export function wholeAddress(address: string): string {
  const [unset] = expandVariables(address, {}).unset;
  if (unset === undefined) return address;
  throw new UsageError(
    `the environment variable ${unset}, which the address of PostgreSQL names, is not set`,
  );
}

/**
 * Puts the home folder in the place of `~` and of the start of `~/…`; a tilde anywhere else is an
 * ordinary character.
 *
 * @throws {UsageError} when there is a tilde, but no home folder.
 */
export function expandTilde(path: string, env: Environment): string {
  return /^~($|[/\\])/.test(path) ? join(userHome(env), path.slice(1)) : path;
}
