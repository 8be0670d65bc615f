/**
 * `agentgate completions`: a script that completes the command line in a shell.
 *
 * @module
 */

import type { Command } from "commander";
import { bashScript } from "./completions/bash.ts";
import { fishScript } from "./completions/fish.ts";
import { powershellScript } from "./completions/powershell.ts";
import { type CommandWords, wordsOf } from "./completions/words.ts";
import { zshScript } from "./completions/zsh.ts";
import { print } from "./output.ts";

const SCRIPTS: Readonly<Record<string, (words: CommandWords) => string>> = Object.freeze({
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
});

/**
 * Prints the script of one of the shells that the program allows as its argument.
 *
 * @returns The exit code.
 */
export async function completions(shell: string, program: Command): Promise<number> {
  await print(SCRIPTS[shell]!(wordsOf(program)));
  return 0;
}
