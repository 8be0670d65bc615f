/**
 * Commands among the words of another: `find … -exec rm {} +`.
 *
 * @module
 */

import { SHELLS, shellText } from "./shells.ts";
import { baseName, type ShellWord } from "./words.ts";
import { isWrapper } from "./wrappers.ts";

/** Whether a placeholder stands where it is read as a program, or as a shell's text. */
export function isCode(command: readonly ShellWord[], placeholder: string): boolean {
  const [first, ...rest] = command, program = baseName(first!.text);
  if (first!.text.includes(placeholder)) return true;
  if (program === "eval" || isWrapper(program)) {
    return rest.some(({ text }) => text.includes(placeholder));
  }
  return SHELLS.has(program) && shellText(command).script?.text.includes(placeholder) === true;
}

/** Options behind which a command stands, up to `;` or `+`. */
const COMMAND_OPTIONS: ReadonlyMap<string, RegExp> = new Map([
  ["find", /^-(?:exec|execdir|ok|okdir)$/],
  ["fd", /^(?:-[xX]|--exec|--exec-batch)$/],
  ["fdfind", /^(?:-[xX]|--exec|--exec-batch)$/],
]);

/** The commands among the words of `find` and its kin. */
export function commandsIn(program: string, words: readonly ShellWord[]): (readonly ShellWord[])[] {
  return spansOf(program, words).map(([from, to]) => words.slice(from, to));
}

/** The words of a command without those of the commands among them, and some more. */
export function ownWords(
  program: string,
  words: readonly ShellWord[],
  more: readonly ShellWord[],
): readonly ShellWord[] {
  const spans = spansOf(program, words), all = more.length === 0 ? words : words.concat(more);
  if (spans.length === 0) return all;
  return all.filter((_, i) => !spans.some(([from, to]) => from <= i && i < to));
}

function spansOf(program: string, words: readonly ShellWord[]): [from: number, to: number][] {
  const option = COMMAND_OPTIONS.get(program), spans: [number, number][] = [];
  if (option === undefined) return spans;
  for (let at = 1; at < words.length; at++) {
    if (!option.test(words[at]!.text)) continue;
    const end = words.findIndex(({ text }, i) => i > at && (text === ";" || text === "+"));
    const to = end < 0 ? words.length : end;
    if (to > at + 1) spans.push([at + 1, to]);
    at = to;
  }
  return spans;
}
