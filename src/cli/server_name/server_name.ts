/**
 * Names for servers of which only the command line is known.
 *
 * @module
 */

import { nameOf, programOf } from "./names.ts";
import { type Runner, runnerOf } from "./runners.ts";

/**
 * Names the server that `command` starts, for the audit log. Never fails: a command line that is not
 * understood gets the name of its program.
 *
 * @returns The program's name, or for a program that runs others (`npx`, `uv run`, `python`, `docker
 * run` …) the name of what it runs.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(serverNameOf(["npx", "-y", "@scope/mcp-files@1.2.3", "/tmp"]), "@scope/mcp-files");
 * ```
 */
export function serverNameOf(command: readonly string[]): string {
  const [program = "", ...words] = command;
  const runner = runnerOf(programOf(program));
  return (runner && nameOfRun(runner, words)) || programOf(program) || "server";
}

/** Names what a runner runs; undefined when its words do not say. */
function nameOfRun(runner: Runner, words: readonly string[]): string | undefined {
  const start = operandIndex(runner, words);
  const operand = start === undefined ? undefined : words[start];
  if (operand === undefined) return undefined;
  const runsPrograms = runner.runs === "command" || runner.runs === "package";
  // What is run may run something else in turn: `npx tsx server.ts`, `env A=1 npx …`.
  if (runsPrograms && runnerOf(programOf(operand))) return serverNameOf(words.slice(start));
  return nameOf(runner.runs, operand);
}

/** Finds, among its words, the one that tells a runner what to run. */
function operandIndex(runner: Runner, words: readonly string[]): number | undefined {
  const { verbs = [], valued = [], naming = [], inline = [], skipped } = runner;
  let said = "";
  let verbDue = verbs.length > 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const flag = lastFlag(word);
    if (naming.includes(flag)) return index + 1;
    if (inline.includes(flag)) return undefined;
    if (valued.includes(flag)) index++;
    if (word.startsWith("-") || skipped?.test(word)) continue;
    if (!verbDue) return index;
    said = said === "" ? word : `${said} ${word}`;
    if (verbs.includes(said)) verbDue = false;
    else if (!verbs.some((verb) => verb.startsWith(`${said} `))) {
      return runner.verbIsOptional && /[./:\\]/.test(word) ? index : undefined;
    }
  }
  return undefined;
}

/** In a bunch of one-letter flags (`-ie`) only the last one can take the next word. */
function lastFlag(word: string): string {
  return /^-[A-Za-z]{2,}$/.test(word) && word !== "-jar" ? `-${word.at(-1)}` : word;
}
