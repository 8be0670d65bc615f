/**
 * Functions of conditions that read a value as what it is: `path(arguments.file)`. The caller gives them.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import type { Kind } from "./kinds.ts";
import { agree, FALSE, PARTLY, type Ternary, TRUE } from "./ternary.ts";
import type { Judge } from "./judge.ts";

/** What a text is read as. */
export interface Reading {
  /** One for each way to read it. */
  readonly values: readonly (string | number | boolean)[];
  /** Whether there is no other. */
  readonly isSure: boolean;
  /** Values that may be longer than they are written: some programs know an option by its beginning. */
  readonly shortened?: readonly string[];
  /** Beginnings of values of which nothing more is known; there may also be none. */
  readonly open?: readonly string[];
}

/** A reading that there may be besides the others: it makes false partly, and spoils nothing. */
export class Possible {
  constructor(
    readonly text: string,
    /**
     * `joined`: what a list comes to when its items are one value. `shortened`: it may be longer.
     * `open`: nothing but its beginning is known; with one of these, true is partly.
     */
    readonly how: "joined" | "shortened" | "open",
  ) {}

  toString(): string {
    return this.how === "joined" ? this.text : `${this.text}…`;
  }
}

/** A function by its members: the kind of each, and of itself as `""`. Each has `sure` as well. */
export interface Matcher {
  readonly members: Readonly<Record<string, Kind>>;
  /** @param spent What one comparison has cost so far. */
  read(text: string, member: string, spent: { lookups: number }): Reading;
  /** The forms of a directory, for `within`; null for a text that is none. */
  readonly directories?: (text: string) => readonly string[] | null;
  readonly isWithin?: (path: string, directory: string) => boolean;
  /** The text that a list of words comes to; without it, a list is nothing but its items. */
  readonly joined?: (words: readonly string[]) => string;
}

/** The member that says whether all is known. */
export const SURE = "sure";

const NONE: readonly string[] = Object.freeze([]);

/** Texts of one value that are read, at most. */
const MAX_TEXTS = 256;

/**
 * Reads a value, which is not missing: a text; each item of a list; what a JSON text in a string holds.
 * What is none of these, and what cannot be known, makes the comparison partly.
 *
 * @returns The readings, which count one by one.
 */
export function readingsOf(
  value: unknown,
  matcher: Matcher,
  member: string,
  frame: Frame,
): readonly unknown[] {
  const before = frame.unsure;
  frame.unsure = false;
  const { texts, joined } = textsOf(value, matcher, frame), readings: unknown[] = [];
  const part = member === SURE ? "" : member;
  const read = (text: string, isJoined: boolean) => {
    const { values, isSure, shortened = NONE, open = NONE } = matcher.read(text, part, frame);
    frame.unsure ||= !isSure;
    for (const value of values) {
      readings.push(isJoined ? new Possible(String(value), "joined") : value);
    }
    for (const value of shortened) readings.push(new Possible(value, "shortened"));
    // What may be one value spoils nothing.
    for (const value of open) readings.push(new Possible(value, isJoined ? "shortened" : "open"));
  };
  for (const text of texts) read(text, false);
  for (const text of joined) read(text, true);
  if (member !== SURE) {
    frame.unsure ||= before;
    return readings;
  }
  const isSure = !frame.unsure;
  frame.unsure = before;
  return [isSure];
}

/** The texts in a value, and what its lists come to when each is one. */
function textsOf(value: unknown, { joined: join }: Matcher, frame: Frame) {
  const texts: string[] = [], joined: string[] = [], stack: [unknown, number][] = [[value, 0]];
  for (let next; (next = stack.pop()) !== undefined;) {
    const [part, level] = next;
    if (texts.length >= MAX_TEXTS) {
      frame.unsure = true;
      break;
    }
    if (typeof part === "string") {
      texts.push(part);
      const inner = frame.unwrap(part, level);
      if (inner !== undefined) stack.push([inner, level + 1]);
    } else if (Array.isArray(part)) {
      const words = part.filter((item) => typeof item === "string");
      if (join !== undefined && words.length > 1) joined.push(join(words));
      for (const item of part.toReversed()) stack.push([item, level]);
    } else frame.unsure = true;
  }
  return { texts, joined };
}

/**
 * Asks each reading by itself: they are never joined, and never bent.
 *
 * @param mayMeet Whether something with that beginning meets the test; without it, anything open may.
 */
export function each(judge: Judge, mayMeet?: (beginning: string) => boolean): Judge {
  return (readings, frame) => {
    let answer: Ternary | undefined, isMet = false, isOpen = false;
    for (const reading of readings as readonly unknown[]) {
      if (reading instanceof Possible) {
        const { text, how } = reading;
        isOpen ||= how === "open";
        isMet ||= how === "joined"
          ? judge(text, frame) !== FALSE
          : mayMeet === undefined
          ? how === "open"
          : mayMeet(text);
        continue;
      }
      const one = judge(reading, frame);
      answer = answer === undefined ? one : agree(answer, one);
    }
    if (isMet && (answer ?? FALSE) === FALSE || isOpen && answer === TRUE) return PARTLY;
    return answer ?? FALSE;
  };
}
