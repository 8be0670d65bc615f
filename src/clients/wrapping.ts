/**
 * AgentGate in front of a server's command, and out of it again.
 *
 * ```text
 * "command": "npx", "args": ["-y", "x"]
 * "command": "agentgate", "args": ["wrap", "--name", "files", "--", "npx", "-y", "x"]
 * ```
 *
 * Everything else of an entry stays: environment, folder, time-outs, what the client approves.
 *
 * @module
 */

import type { Client } from "./clients.ts";
import { type Cut, type Entry, eolOf, type Member, nameOf } from "./entry.ts";

/** How AgentGate is started from a client's file. */
export interface Starter {
  readonly program: string;
  /** What stands before `wrap`. */
  readonly args: readonly string[];
  /** What stands behind `wrap --name …`: `--policy`, `--config`. */
  readonly options: readonly string[];
}

/** The command of a server on stdio: its words, and where they stand. */
export interface Command {
  readonly words: readonly string[];
  /** The program; null where one list has all words. */
  readonly program: Member | null;
  /** The list; undefined where there is none. */
  readonly list: Member | undefined;
}

/** What is done about an entry, or why nothing. */
export type Verdict =
  | { readonly state: "plain"; readonly command: Command }
  | {
    readonly state: "wrapped";
    readonly command: Command;
    readonly inner: readonly string[] | null;
  }
  | { readonly state: "remote" }
  | { readonly state: "cannot"; readonly why: string };

/** Finds out what an entry is. */
export function verdictOf(entry: Entry, client: Client): Verdict {
  const { members, obstacle } = entry,
    cannot = (why: string) => ({ state: "cannot", why }) as const;
  if (obstacle !== null) return cannot(obstacle);
  if (nameOf(entry) === "") return cannot("it has no name");
  const name = client.shape === "cmd" ? "cmd" : "command", member = members.get(name);
  if (member === undefined) {
    return client.urls.some((key) => members.has(key))
      ? { state: "remote" }
      : cannot("it has no command: it is the client's own");
  }
  const command = client.shape === "list" ? listOf(member) : wordsOf(member, members.get("args"));
  if (command === null) return cannot(`its ${name} is not what this client reads`);
  const start = startOf(command.words, nameOf(entry));
  if (start < 0) return { state: "plain", command };
  // A name may be anything, also two dashes.
  const from = command.words[start + 1] === "--name" ? start + 3 : start;
  const dashes = command.words.indexOf("--", from);
  return { state: "wrapped", command, inner: dashes < 0 ? null : command.words.slice(dashes + 1) };
}

/** The words that an entry has once AgentGate stands before its server. */
export function wrappedWords(
  { program, args, options }: Starter,
  name: string,
  inner: readonly string[],
): string[] {
  return [program, ...args, "wrap", "--name", name, ...options, "--", ...inner];
}

/** Puts AgentGate before the command of an entry. */
export function wrapCuts(text: string, entry: Entry, command: Command, starter: Starter): Cut[] {
  const words = wrappedWords(starter, nameOf(entry), command.words), { program, list } = command;
  if (program === null) {
    const front = words.slice(0, words.length - command.words.length);
    return [inFront(text, list!, front)];
  }
  const own = { from: program.from, to: program.to, text: JSON.stringify(words[0]) };
  if (list === undefined) return [own, entry.insert("args", words.slice(1))];
  const kept = list.items.length;
  if (kept === 0) {
    return [own, { from: list.from, to: list.to, text: JSON.stringify(words.slice(1)) }];
  }
  return [own, inFront(text, list, words.slice(1, words.length - kept))];
}

/** Takes it out again: `inner` is what stays. */
export function unwrapCuts(command: Command, inner: readonly string[]): Cut[] {
  const { program, list } = command;
  const kept = program === null ? inner.length : inner.length - 1;
  const rest = list!.items.slice(list!.items.length - kept);
  const out = kept === 0
    ? { from: list!.from, to: list!.to, text: "[]" }
    : { from: list!.items[0]!.from, to: rest[0]!.from, text: "" };
  if (program === null) return [out];
  return [{ from: program.from, to: program.to, text: JSON.stringify(inner[0]) }, out];
}

/** Items in front of the first, laid out as the list is. */
function inFront(text: string, list: Member, words: readonly string[]): Cut {
  const first = list.items[0]!, at = first.from;
  const isFlow = text[list.from] === "[", line = text.lastIndexOf("\n", at - 1) + 1;
  if (!isFlow) {
    const indent = text.slice(line, at).replace(/-\s*$/, "");
    const items = words.map((word) => `${JSON.stringify(word)}${eolOf(text)}${indent}- `);
    return { from: at, to: at, text: items.join("") };
  }
  const isOwnLine = text.slice(line, at).trim() === "" && line > list.from;
  const gap = isOwnLine ? eolOf(text) + text.slice(line, at) : " ";
  return { from: at, to: at, text: words.map((word) => JSON.stringify(word) + "," + gap).join("") };
}

function wordsOf(program: Member, list: Member | undefined): Command | null {
  const args = list === undefined ? [] : list.value;
  if (typeof program.value !== "string" || !isTexts(args)) return null;
  return { words: [program.value, ...args], program, list };
}

function listOf(list: Member): Command | null {
  return isTexts(list.value) && list.value.length > 0
    ? { words: list.value, program: null, list }
    : null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/**
 * Place of `wrap` where it is AgentGate's; −1 for none. Our own entries are known by their shape, wherever
 * the program was that wrote them; those that people have written, by its name.
 */
function startOf(words: readonly string[], name: string): number {
  const at = words.indexOf("wrap");
  if (at < 1) return -1;
  const isShape = words[at + 1] === "--name" && words[at + 2] === name &&
    words.slice(at + 3).some((word) => word === "--" || word === "--upstream");
  return isShape || words.slice(0, at).some((word) => /agentgate/i.test(word)) ? at : -1;
}
