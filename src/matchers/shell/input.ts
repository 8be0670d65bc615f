/**
 * What a command reads, when it asks for its input.
 *
 * @module
 */

import type { Redirection } from "unbash";
import { wordOf } from "./words.ts";

/** What stands behind a command's input. */
export interface Input {
  /** The text, where it is known. */
  readonly text: string | null;
  /** Whether it is there at all. */
  readonly isGiven: boolean;
  /** The program that writes it, where a pipe leads from one. */
  readonly from: string | null;
}

/** None that is known of. */
export const NO_INPUT: Input = Object.freeze({ text: null, isGiven: false, from: null });

/** The input of a command; where nothing is said of it, what it stands in has. */
export function inputOf(redirects: readonly Redirection[], outer: Input): Input {
  let input = outer;
  for (const one of redirects) {
    if (one.type === "HereDoc") {
      const isKnown = one.delimiter?.quoted === true || (one.body.parts ?? []).every(isLiteral);
      input = { text: isKnown ? one.body.text : null, isGiven: true, from: null };
    } else if (one.type === "HereString") {
      const word = one.target === undefined ? null : wordOf(one.target);
      input = { text: word?.isConstant ? word.text : null, isGiven: true, from: null };
    } else if (one.operator.startsWith("<")) input = { text: null, isGiven: true, from: null };
  }
  return input;
}

const isLiteral = ({ type }: { readonly type: string }): boolean => type === "Literal";
