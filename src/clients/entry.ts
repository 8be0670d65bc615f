/**
 * What is known of one server in a client's file: its members, and where they stand in the text.
 *
 * @module
 */

/** A part of a text, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A member of an entry. */
export interface Member extends Span {
  /** As JSON has it. */
  readonly value: unknown;
  /** Where the items of a list stand; empty for anything else. */
  readonly items: readonly Span[];
}

/** A replacement in a text. */
export interface Cut extends Span {
  readonly text: string;
}

/** One server in a client's file. */
export interface Entry extends Span {
  /** Keys that lead to it, its own name last. */
  readonly path: readonly string[];
  readonly members: ReadonlyMap<string, Member>;
  /** Why it is left alone, whatever it holds; null for no such reason. */
  readonly obstacle: string | null;
  /** How a member is added that is not there. */
  insert(key: string, value: unknown): Cut;
}

/** A file, or an entry, that is not changed because it cannot be read for certain. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";

  /** @param offset Where in the text; undefined for nowhere in particular. */
  constructor(reason: string, text = "", offset?: number) {
    super(offset === undefined ? reason : `${placeOf(text, offset)}: ${reason}`);
  }
}

/** `line 3, column 7` of a place in a text. */
export function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}

/** The name of an entry. */
export function nameOf({ path }: Entry): string {
  return path.at(-1)!;
}

/** How lines of a text end. */
export function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** Makes replacements, which do not overlap. */
export function splice(text: string, cuts: readonly Cut[]): string {
  let result = text;
  for (const { from, to, text: by } of cuts.toSorted((a, b) => b.from - a.from)) {
    result = result.slice(0, from) + by + result.slice(to);
  }
  return result;
}
