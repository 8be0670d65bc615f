/**
 * The filter line: `status:denied server:fs took:>200ms since:2h "text"`.
 *
 * @module
 */

import { type Call, tookUs } from "./call.ts";

/** The words that a filter knows, and what each is for. */
export const FILTER_WORDS: Readonly<Record<string, string>> = Object.freeze({
  status: "how it ended: denied, error, rate_limited, allowed, open …",
  tool: "name of the tool",
  server: "name of the server",
  agent: "name of the agent",
  host: "the machine",
  gateway: "the process: host/pid",
  rule: "what refused it",
  session: "its conversation",
  took: "how long: >200ms, <1s",
  since: "2h, 7d, or a date",
  until: "2h, 7d, or a date",
  shadow: "a shadow rule that would have acted, or any",
  outcome: "how exactly it ended: tool_error, timed_out, cancelled …",
});

/** Values of words that have few. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  status: ["denied", "error", "rate_limited", "allowed", "open"],
  outcome: ["ok", "tool_error", "error", "denied", "timed_out", "cancelled", "server_gone", "open"],
  took: [">200ms", ">1s", ">10s"],
  since: ["1h", "24h", "7d"],
  until: ["1h", "24h"],
  shadow: ["any"],
};

/** A piece of the line. */
export interface Token {
  /** Null for text. */
  readonly name: string | null;
  readonly value: string;
  /** Where it stands in the line. */
  readonly from: number;
  readonly to: number;
}

/** A word without a value, or a value that may have a word before it. */
const TOKEN = /([a-z]+):(?=\s|$)|(?:([a-z]+):)?("(?:[^"\\]|\\[^])*"?|[^\s"]\S*)/g;

/** Reads a line. Quotes keep blanks together; a word that is not known is text. */
export function tokensOf(line: string): Token[] {
  const found: Token[] = [];
  for (const match of line.matchAll(TOKEN)) {
    const [all, bare, prefix, raw = ""] = match, from = match.index, name = prefix ?? bare;
    const value = raw.startsWith('"') ? unquoted(raw) : raw;
    const isKnown = name !== undefined && Object.hasOwn(FILTER_WORDS, name);
    found.push({
      name: isKnown ? name : null,
      value: isKnown ? value : raw.startsWith('"') && name === undefined ? value : all,
      from,
      to: from + all.length,
    });
  }
  return found;
}

function unquoted(raw: string): string {
  const [, inner] = /^"((?:[^"\\]|\\[^])*)/.exec(raw)!;
  return inner!.replaceAll(/\\([^])/g, "$1");
}

/** A value as it stands in the line. */
export function quoted(value: string): string {
  return /^[^\s"]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The line as words of a request; texts are looked for as one. */
export function filterQuery(line: string): URLSearchParams {
  const words = new URLSearchParams(), texts: string[] = [];
  for (const { name, value } of tokensOf(line)) {
    if (name === null) texts.push(value);
    else if (value !== "") words.set(name, value);
  }
  if (texts.length > 0) words.set("text", texts.join(" "));
  return words;
}

/** Puts a word in the line, in the place of one of the same name; takes it out when it is there. */
export function toggled(line: string, name: string, value: string): string {
  const tokens = tokensOf(line);
  const rest = tokens.filter((token) => token.name !== name)
    .map(({ from, to }) => line.slice(from, to));
  if (tokens.some((token) => token.name === name && token.value === value)) return rest.join(" ");
  return [...rest, `${name}:${quoted(value)}`].join(" ");
}

/** Whether the line has a word. */
export function hasWord(line: string, name: string, value: string): boolean {
  return tokensOf(line).some((token) => token.name === name && token.value === value);
}

/**
 * Whether a call passes.
 *
 * @returns Null when that cannot be told from its short form.
 */
export function passes(line: string, call: Call): boolean | null {
  let isKnown = true;
  for (const { name, value } of tokensOf(line)) {
    if (value === "" && name !== null) continue;
    const answer = passesWord(name, value, call);
    if (answer === false) return false;
    if (answer === null) isKnown = false;
  }
  return isKnown ? true : null;
}

function passesWord(name: string | null, value: string, call: Call): boolean | null {
  switch (name) {
    case "tool":
      return call.tool_name === value;
    case "server":
      return call.server_name === value;
    case "agent":
      return call.agent_id === value;
    case "rule":
      return call.policy_hit === value;
    case "session":
      return call.session_id === value;
    case "status":
    case "outcome":
      return name === "status" && STATUSES.includes(value)
        ? call.status === value
        : call.outcome === value;
    case "took":
      return passesTook(value, call);
    case "since": // What comes now began after every time that is past.
      return true;
    case "until":
      return false;
    default:
      return null;
  }
}

const STATUSES = ["allowed", "denied", "error", "rate_limited"];
const UNIT_US: Readonly<Record<string, number>> = {
  ms: 1000,
  s: 1e6,
  m: 6e7,
  h: 3.6e9,
  d: 8.64e10,
};

function passesTook(value: string, call: Call): boolean | null {
  const [, sign, amount, unit = "ms"] = /^([<>]=?)?(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value) ?? [];
  const us = tookUs(call);
  if (amount === undefined) return null;
  if (us === null) return false;
  const bound = Number(amount) * UNIT_US[unit]!;
  if (sign === ">") return us > bound;
  if (sign === "<") return us < bound;
  return sign === "<=" ? us <= bound : us >= bound;
}

/** Something that could stand where one types. */
export interface Suggestion {
  readonly label: string;
  readonly note: string;
  /** The whole line with it, … */
  readonly line: string;
  /** … and where one goes on typing. */
  readonly caret: number;
}

/** Suggestions that are shown at once. */
const MAX_SUGGESTIONS = 8;

/**
 * Suggests how to go on.
 *
 * @param known Names of tools, servers, agents, hosts, gateways and rules.
 */
export function suggestions(
  line: string,
  caret: number,
  known: Readonly<Record<string, readonly string[]>>,
): Suggestion[] {
  const token = tokensOf(line).find(({ from, to }) => from < caret && caret <= to);
  const from = token?.from ?? caret, to = token?.to ?? caret, typed = line.slice(from, caret);
  const put = (word: string, label: string, note: string): Suggestion => ({
    ...{ label, note },
    line: line.slice(0, from) + word + line.slice(to),
    caret: from + word.length,
  });
  const [, name, begun] = /^([a-z]+):"?(.*)$/.exec(typed) ?? [];
  if (name !== undefined && Object.hasOwn(FILTER_WORDS, name)) {
    return (VALUES[name] ?? known[name] ?? []).filter((value) => isLike(value, begun!))
      .slice(0, MAX_SUGGESTIONS).map((value) => put(`${name}:${quoted(value)} `, value, ""));
  }
  return Object.entries(FILTER_WORDS).filter(([word]) => typed === "" || word.startsWith(typed))
    .slice(0, typed === "" ? undefined : MAX_SUGGESTIONS)
    .map(([word, note]) => put(`${word}:`, `${word}:`, note));
}

function isLike(value: string, begun: string): boolean {
  return value !== begun && value.toLowerCase().includes(begun.toLowerCase());
}
