/**
 * Variables by which programs run something, or other programs than their names say.
 *
 * @module
 */

import type { ShellWord } from "./words.ts";

/** Those that change what everything runs, in ways that a text does not show. */
const UNKNOWABLE =
  /^(?:BASH_ENV|ENV|PROMPT_COMMAND|PS[0-4]|SHELLOPTS|(?:LD|DYLD)_\w+|GIT_(?:EXEC_PATH|TEMPLATE_DIR|CONFIG\w*)|LESSOPEN|LESSCLOSE)$/;

/** Those that hold a command, which some program runs. */
const COMMANDS =
  /^(?:(?:\w+_)?(?:PAGER|EDITOR)|VISUAL|BROWSER|GIT_(?:EXTERNAL_DIFF|SSH|SSH_COMMAND|ASKPASS|PROXY_COMMAND)|SSH_ASKPASS|SUDO_ASKPASS|RSYNC_RSH|CVS_RSH)$/;

/** What an assignment brings with it. */
export type Consequence = "none" | "unknowable" | { readonly command: ShellWord };

/** Tells what follows from a variable having a value. */
export function consequenceOf(name: string, value: ShellWord): Consequence {
  if (UNKNOWABLE.test(name)) return "unknowable";
  // Programs are looked for elsewhere, and not in more places.
  if (name === "PATH" && !/(?:^|:)\$\{?PATH\b/.test(value.text)) return "unknowable";
  return COMMANDS.test(name) && value.text !== "" ? { command: value } : "none";
}

/** The variable and the value of a word that assigns: `PATH=/x` behind `env`; null for another. */
export function assignmentIn(word: ShellWord): { name: string; value: ShellWord } | null {
  const [whole, name] = /^([A-Za-z_]\w*)\+?=/.exec(word.text) ?? [];
  if (whole === undefined) return null;
  const behind = (text: string) => text.startsWith(whole) ? text.slice(whole.length) : "";
  return { name: name!, value: { ...word, text: behind(word.text), lead: behind(word.lead) } };
}
