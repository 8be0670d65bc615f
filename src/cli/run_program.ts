/**
 * One run of the program for a command line that has to be parsed.
 *
 * @module
 */

import { CommanderError } from "commander";
import { print } from "./output.ts";
import { buildProgram, commandsOf } from "./program.ts";

/**
 * Parses `words` and does what they say.
 *
 * @param serverCommand The words after `--`; null when there is none.
 * @returns The exit code.
 * @throws whatever the command throws.
 */
export async function runProgram(
  words: readonly string[],
  serverCommand: readonly string[] | null,
): Promise<number> {
  let exitCode = 0;
  let help = "";
  const program = buildProgram({ serverCommand, finish: (code) => exitCode = code });
  for (const [command] of commandsOf(program)) {
    command.exitOverride().configureOutput({ writeOut: (text) => help += text });
  }
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed it already; its own code for a misused command line is 1.
    exitCode = error.exitCode === 0 ? 0 : 2;
  }
  await print(help);
  return exitCode;
}
