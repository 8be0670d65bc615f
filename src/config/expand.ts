/**
 * `~` and `${VAR}` in the values of a config.
 *
 * @module
 */

import { join } from "node:path";
import { type Environment, userHome } from "./home.ts";

/** A value with its variables filled in, and the names of those that are not set. */
export interface Expanded {
  readonly text: string;
  readonly unset: readonly string[];
}

/** Fills in each `${NAME}`; `$${` stands for a plain `${`. An empty variable is set. */
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

/** `~` and `~/…` become the home folder; a tilde anywhere else is an ordinary character. */
export function expandTilde(path: string, env: Environment): string {
  return /^~($|[/\\])/.test(path) ? join(userHome(env), path.slice(1)) : path;
}
