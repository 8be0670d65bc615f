/**
 * Programs that run another one, which is named by their arguments.
 *
 * Options by the manuals of GNU coreutils, findutils, util-linux, procps, sudo, doas and Bash.
 *
 * @module
 */

import type { ShellWord } from "./words.ts";

/** Arguments of a program that stand before the command that it runs. */
interface Wrapper {
  /** Letters of options without a value. */
  readonly flags?: string;
  /** Letters of options with one: the rest of the word, or the next. */
  readonly values?: string;
  /** Letters of options whose value can only be the rest of the word. */
  readonly attached?: string;
  /** Long options without a value, and with one that may be the next word. */
  readonly longFlags?: readonly string[];
  readonly longValues?: readonly string[];
  /** Other words before the command. */
  readonly words?: number;
  /** Whether `NAME=value` may stand before it. */
  readonly assigns?: true;
  /** Whether the words of the command are joined and given to a shell. */
  readonly isText?: true;
  /** Letters with which nothing is run. */
  readonly asks?: string;
}

const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ["env", {
    ...{ flags: "i0v", values: "uCS", assigns: true },
    longFlags: ["ignore-environment", "null", "debug", "list-signal-handling"],
    longValues: ["unset", "chdir", "split-string"],
  }],
  ["sudo", {
    ...{ flags: "AbEHKkNnPSsiBv", values: "CDghpRrTtUu", assigns: true, asks: "leV" },
    longFlags: [
      ...["askpass", "background", "bell", "preserve-env", "set-home", "login", "non-interactive"],
      ...["preserve-groups", "reset-timestamp", "remove-timestamp", "shell", "stdin", "no-update"],
    ],
    longValues: [
      ...["close-from", "chdir", "group", "host", "prompt", "chroot", "role", "command-timeout"],
      ...["type", "other-user", "user"],
    ],
  }],
  ["doas", { flags: "Lns", values: "aCu", assigns: true }],
  ["nohup", {}],
  ["nice", { flags: "0123456789", values: "n", longValues: ["adjustment"] }],
  ["ionice", {
    ...{ flags: "t", values: "cn", asks: "pPu" },
    ...{ longFlags: ["ignore"], longValues: ["class", "classdata"] },
  }],
  ["time", {
    ...{ flags: "apqv", values: "fo", longFlags: ["append", "portability", "quiet", "verbose"] },
    longValues: ["format", "output"],
  }],
  ["timeout", {
    ...{ flags: "fpv", values: "ks", words: 1 },
    longFlags: ["foreground", "preserve-status", "verbose"],
    longValues: ["kill-after", "signal"],
  }],
  ["stdbuf", { values: "ioe", longValues: ["input", "output", "error"] }],
  ["setsid", { flags: "cfw", longFlags: ["ctty", "fork", "wait"] }],
  ["xargs", {
    ...{ flags: "0rtpxo", values: "adEILnPs", attached: "eil" },
    longFlags: [
      ...["null", "no-run-if-empty", "verbose", "interactive", "exit", "open-tty", "show-limits"],
      ...["replace", "eof", "max-lines"],
    ],
    longValues: ["arg-file", "delimiter", "max-args", "max-procs", "max-chars", "process-slot-var"],
  }],
  ["command", { flags: "p", asks: "vV" }],
  ["builtin", {}],
  ["exec", { flags: "cl", values: "a" }],
  ["watch", {
    ...{ flags: "bcCegprtwxf", values: "nsq", attached: "d", isText: true },
    longFlags: [
      ...["beep", "color", "no-color", "differences", "errexit", "chgexit", "precise", "no-rerun"],
      ...["no-title", "no-wrap", "exec", "follow"],
    ],
    longValues: ["interval", "equexit", "shotsdir"],
  }],
  ["busybox", {}],
  ["toybox", {}],
]);

/** What stands before a wrapped command, and the command. */
export interface Unwrapped {
  /** Words of the wrapper itself, its name first. */
  readonly own: readonly ShellWord[];
  readonly command: readonly ShellWord[];
  /** Whether the command's words are joined and given to a shell. */
  readonly isText: boolean;
  /** False when a word before the command might be read otherwise. */
  readonly isSure: boolean;
  /** Text that becomes words of the command: `env -S`. */
  readonly split: ShellWord | null;
  /** Text in arguments that is replaced by what is read: `xargs -I`. */
  readonly placeholder: string | null;
}

/** Whether a program is known to run another. */
export function isWrapper(program: string): boolean {
  return WRAPPERS.has(program);
}

/** Takes a command apart; null for a program that runs none, or is only asked about one. */
export function unwrapped(program: string, words: readonly ShellWord[]): Unwrapped | null {
  const wrapper = WRAPPERS.get(program);
  if (wrapper === undefined) return null;
  let isSure = true, split: ShellWord | null = null, placeholder: string | null = null;
  let at = 1;
  for (; at < words.length; at++) {
    const word = words[at]!;
    if (!word.text.startsWith("-") || word.text === "-" && program !== "env") {
      if (word.filled !== null && word.lead === "" && !word.filled.isQuoted) isSure = false;
      break;
    }
    if (!word.isConstant && !word.lead.includes("=")) isSure = false;
    if (word.text === "--") {
      at++;
      break;
    }
    const option = optionOf(word.text, wrapper);
    if (option.isQuery) return null;
    isSure &&= option.isKnown;
    const value = option.takesNext ? words[++at] : undefined;
    const text = option.value ?? value?.text ?? null;
    if (program === "env" && (option.name === "S" || option.name === "split-string")) {
      split = value ?? { ...word, text: text ?? "", lead: text ?? "" };
    }
    if (program === "xargs" && ["I", "i", "replace"].includes(option.name)) {
      placeholder = text === null || text === "" ? "{}" : text;
    }
  }
  while (wrapper.assigns && /^\w+\+?=/.test(words[at]?.text ?? "")) at++;
  at += wrapper.words ?? 0;
  const own = words.slice(0, at), isText = wrapper.isText === true && !isExec(own);
  return { own, command: words.slice(at), isText, isSure, split, placeholder };
}

/** `watch -x`: its command is no text for a shell. */
function isExec(own: readonly ShellWord[]): boolean {
  return own.some(({ text }) => text === "--exec" || /^-[a-z]*x/.test(text));
}

/** An option of a wrapper. */
interface WrapperOption {
  /** Its letter, the last one of several, or its long name. */
  readonly name: string;
  readonly value: string | null;
  readonly takesNext: boolean;
  readonly isKnown: boolean;
  readonly isQuery: boolean;
}

function optionOf(text: string, wrapper: Wrapper): WrapperOption {
  const { flags = "", values = "", attached = "", asks = "" } = wrapper;
  if (text.startsWith("--")) return longOption(text.slice(2), wrapper);
  let isKnown = true, name = "";
  for (let i = 1; i < text.length; i++) {
    name = text[i]!;
    if (asks.includes(name)) return { ...NOTHING, name, isQuery: true };
    if (values.includes(name) || attached.includes(name)) {
      const value = text.slice(i + 1), takesNext = value === "" && values.includes(name);
      return { ...NOTHING, name, value: takesNext ? null : value, takesNext, isKnown };
    }
    if (!flags.includes(name)) isKnown = false;
  }
  return { ...NOTHING, name, isKnown };
}

const NOTHING = Object.freeze({
  ...{ name: "", value: null, takesNext: false, isKnown: true, isQuery: false },
});

/** GNU's programs know a long option by its beginning. */
function longOption(text: string, { longFlags = [], longValues = [] }: Wrapper): WrapperOption {
  const [start = "", ...rest] = text.split("="), value = rest.length > 0 ? rest.join("=") : null;
  if (["version", "help"].includes(start)) return { ...NOTHING, name: start, isQuery: true };
  const found = [...longFlags, ...longValues].filter((name) => name.startsWith(start));
  const name = found.find((one) => one === start) ?? found[0];
  if (name === undefined) return { ...NOTHING, name: start, value, isKnown: false };
  const isKnown = found.length === 1 || name === start;
  return {
    ...{ name, value, isKnown, isQuery: false },
    takesNext: value === null && longValues.includes(name),
  };
}
