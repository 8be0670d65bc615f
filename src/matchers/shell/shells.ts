/**
 * Shells that are called as programs.
 *
 * @module
 */

import { OPEN_WORD, type ShellWord } from "./words.ts";

/** Names of shells. */
export const SHELLS: ReadonlySet<string> = new Set([
  ...["sh", "bash", "zsh", "dash", "ksh", "ash", "rbash"],
]);

/** What a shell is told to run. */
export interface ShellText {
  readonly own: readonly ShellWord[];
  /** The text of `-c`. */
  readonly script: ShellWord | null;
  /** Whether it is told a file. */
  readonly isFile: boolean;
  readonly positional: readonly ShellWord[];
}

/** Reads the arguments of a shell: https://www.gnu.org/software/bash/manual/bash.html#Invoking-Bash */
export function shellText(words: readonly ShellWord[]): ShellText {
  let isText = false, at = 1, fromInput = false;
  for (; at < words.length; at++) {
    const { text, isConstant, lead, filled } = words[at]!;
    if (!isConstant && lead === "" && filled?.isQuoted !== true) break;
    if (!/^[-+]./.test(text)) break;
    if (text === "--") {
      at++;
      break;
    }
    if (/^--(?:rcfile|init-file)$/.test(text)) at++;
    if (text.startsWith("--")) continue;
    if (text.startsWith("-") && text.includes("c")) isText = true;
    if (text.includes("s")) fromInput = true;
    if (/[oO]$/.test(text)) at++;
  }
  const own = words.slice(0, at), rest = words.slice(at);
  if (isText) {
    const [script = null, , ...positional] = rest;
    return { own, script: script ?? OPEN_WORD, isFile: false, positional };
  }
  const [file] = rest, isRead = file?.filled?.isQuoted === false || file?.text.startsWith("<(");
  return {
    own,
    script: isRead ? OPEN_WORD : null,
    isFile: file !== undefined && !fromInput && file.text !== "-" && file.text !== "/dev/stdin",
    positional: [],
  };
}
