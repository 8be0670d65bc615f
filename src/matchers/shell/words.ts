/**
 * Words of a shell's text, without their quotes.
 *
 * @module
 */

import { expand } from "brace-expansion";
import type { Command, CommandArgument, Word, WordPart } from "unbash";

/** A word, as far as it is known before it runs. */
export interface ShellWord {
  /** Without quotes; what is filled in later stands as it is written: `$X`, `$(…)`, `*`. */
  readonly text: string;
  /** Whether nothing is filled in but names of files. */
  readonly isConstant: boolean;
  /** Whether names of files are filled in, or a brace was. */
  readonly isPattern: boolean;
  /** What is known of its beginning; the text itself where all is. */
  readonly lead: string;
  /** What stands behind the lead. */
  readonly filled: Filled | null;
}

/** Something that is filled in when the text runs. */
export interface Filled {
  /** Whether quotes keep it one word. */
  readonly isQuoted: boolean;
  /** The variable whose whole value it is. */
  readonly variable: string | null;
}

/** Words that braces may make of one. */
const MAX_ALTERNATIVES = 64;

/** A word of which nothing is known. */
export const OPEN_WORD: ShellWord = Object.freeze({
  ...{ text: "…", isConstant: false, isPattern: false, lead: "" },
  filled: { isQuoted: false, variable: null },
});

/** The words of a command, its name first; none for one that only assigns. */
export function allWords({ name, suffix }: Command): readonly ShellWord[] {
  if (name === undefined) return [];
  const words: ShellWord[] = [];
  addWords(name, words);
  for (const one of suffix) {
    if (one.type === "Word" || one.type === "Assignment") addWords(one, words);
  }
  return words;
}

/** Words that are known. */
export function plain(texts: readonly string[]): ShellWord[] {
  return texts.map(constant);
}

/** The name of a program without its folder. */
export function baseName(text: string): string {
  return text.slice(text.lastIndexOf("/") + 1);
}

/** Reads an argument, and adds its words: several for one with braces. */
function addWords(argument: CommandArgument, words: ShellWord[]): void {
  if (argument.type === "Word") {
    const several = braced(argument);
    if (several === null) words.push(wordOf(argument));
    else words.push(...several);
    return;
  }
  const { name, append, value, text } = argument;
  if (value.type !== "Word") {
    words.push(constant(text));
    return;
  }
  const word = wordOf(value), head = `${name}${append === true ? "+" : ""}=`;
  words.push({ ...word, text: head + word.text, lead: head + word.lead });
}

/** The words of an argument. */
export function wordsOf(argument: CommandArgument): readonly ShellWord[] {
  const words: ShellWord[] = [];
  addWords(argument, words);
  return words;
}

/** Reads a word that is one, whatever stands in it. */
export function wordOf({ value, parts }: Word): ShellWord {
  if (parts === undefined) return constant(value);
  let lead = "", filled: Filled | null = null;
  for (const { part, isQuoted } of leaves(parts)) {
    const open = openPart(part);
    if (open !== null) {
      filled = { isQuoted: isQuoted || ONE_WORD.includes(open.type), variable: variableOf(open) };
      break;
    }
    lead += knownText(part);
  }
  const isPattern = parts.some(({ type }) => PATTERNS.includes(type));
  return {
    text: value,
    isConstant: filled === null,
    isPattern,
    lead: filled ? lead : value,
    filled,
  };
}

function constant(text: string): ShellWord {
  return { text, isConstant: true, isPattern: false, lead: text, filled: null };
}

/** The parts of a word, those in double quotes one by one. */
function leaves(
  parts: readonly WordPart[],
  isQuoted = false,
): readonly { readonly part: WordPart; readonly isQuoted: boolean }[] {
  return parts.flatMap((part) =>
    part.type === "DoubleQuoted" || part.type === "LocaleString"
      ? leaves(part.parts, true)
      : [{ part, isQuoted }]
  );
}

/** What is filled in as one word without quotes, too: a number, a path. */
const ONE_WORD: readonly string[] = ["ArithmeticExpansion", "ProcessSubstitution"];

const PATTERNS: readonly string[] = ["Glob", "ExtendedGlob", "BraceExpansion"];

/** The first thing in a part that is filled in. */
function openPart(part: WordPart): WordPart | null {
  if (PATTERNS.includes(part.type) || part.type === "DoubleQuoted") {
    const inner = (part as { readonly parts?: readonly WordPart[] }).parts ?? [];
    return inner.map(openPart).find((open) => open !== null) ?? null;
  }
  return knownText(part) === null ? part : null;
}

/** The text of a part; null for one that is filled in. */
function knownText(part: WordPart): string | null {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
      return part.value;
    case "Glob":
    case "ExtendedGlob":
    case "BraceExpansion":
      return part.text;
    default:
      return null;
  }
}

function variableOf(part: WordPart): string | null {
  if (part.type === "SimpleExpansion") return part.text.slice(1);
  if (part.type !== "ParameterExpansion") return null;
  return part.prefix === undefined && part.operation === undefined ? part.parameter : null;
}

/** The words that braces make of one; null for a word without, or with more than is known. */
function braced(word: Word): readonly ShellWord[] | null {
  if (word.parts?.some(({ type }) => type === "BraceExpansion") !== true) return null;
  if (!wordOf(word).isConstant) return null;
  const text = word.parts.map(escaped).join("");
  const all = expand(text, { max: MAX_ALTERNATIVES + 1 });
  if (all.length > MAX_ALTERNATIVES) return null;
  return all.map((one) => ({ ...constant(unescaped(one)), isPattern: true }));
}

/** Characters that mean something to braces, and those that stand for them where they are quoted. */
const SPECIAL = "\\{},.$", PRIVATE = 0xe000;

function escaped(part: WordPart): string {
  if (part.type === "BraceExpansion") {
    return part.parts?.map(escaped).join("") ?? part.text.replace(/\\(.)/gs, (_, c) => hidden(c));
  }
  if (part.type === "Literal") return part.text.replace(/\\(.)/gs, (_, c) => hidden(c));
  if (part.type === "DoubleQuoted" || part.type === "LocaleString") {
    return hidden(part.parts.map((inner) => knownText(inner) ?? "").join(""));
  }
  return part.type === "Glob" ? part.text : hidden(knownText(part) ?? "");
}

function hidden(text: string): string {
  return text.replace(/[\\{},.$]/g, (c) => String.fromCharCode(PRIVATE + SPECIAL.indexOf(c)));
}

function unescaped(text: string): string {
  return text.replace(/[\ue000-\ue005]/g, (c) => SPECIAL[c.charCodeAt(0) - PRIVATE]!);
}
