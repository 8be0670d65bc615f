/**
 * Options among the words of a command.
 *
 * @module
 */

import type { Variables } from "./variables.ts";
import type { ShellWord } from "./words.ts";

/** Options of one command. */
export interface Options {
  /** `-r` for each letter of `-rf`, `--recursive` up to its `=`. */
  readonly names: readonly string[];
  /** Whether some words may be options, or more of them, that are not known. */
  readonly isOpen: boolean;
}

/** Programs whose options are whole words behind one dash. */
const WHOLE_WORDS: readonly string[] = ["find", "java", "terraform", "openssl"];

/** Finds the options; the first word is the program's name. */
export function optionsOf(
  program: string,
  words: readonly ShellWord[],
  variables: Variables,
): Options {
  const names = new Set<string>();
  let isOpen = false;
  for (let i = 1; i < words.length; i++) {
    const { lead, filled } = words[i]!;
    if (filled === null) {
      // The end of options, for nearly every program.
      if (lead === "--") break;
      addOptions(lead, program, names);
    } else if (lead.startsWith("-")) {
      addOptions(lead, program, names);
      isOpen ||= !lead.includes("=");
    } else if (lead === "") {
      const { texts, isOpen: hasOthers } = variables.of(filled.variable ?? "");
      for (const text of texts) {
        const parts = filled.isQuoted ? [text] : text.trim().split(/\s+/);
        for (const part of parts) addOptions(part, program, names);
      }
      // What is put together out of pieces may be an option, in quotes as well.
      isOpen ||= hasOthers && (!filled.isQuoted || texts.length > 0);
    }
  }
  return { names: [...names], isOpen };
}

function addOptions(word: string, program: string, names: Set<string>): void {
  if (word.length < 2 || !word.startsWith("-")) return;
  if (word.startsWith("--")) {
    if (word.length > 2) names.add(word.split("=", 1)[0]!);
  } else if (WHOLE_WORDS.includes(program)) names.add(word.split("=", 1)[0]!);
  else for (const letter of word.slice(1)) names.add(`-${letter}`);
}
