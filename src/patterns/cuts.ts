/**
 * Cuts in a text that no match of a pattern reaches across, and the places of things in it.
 *
 * @module
 */

import type { Hir } from "rregex";

/** A part of a text, in UTF-16 code units, the end exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** Characters that no match reaches across if its pattern cannot take them in: none is part of a word. */
const CUTS = "\n\r \t\"',;";

/**
 * Finds those of {@link CUTS} that split a text for this pattern: those it cannot take in, when it
 * neither asks for the start or end of a line or text nor matches the empty text.
 */
export function cutsOf(pattern: Hir): string {
  let cuts = CUTS;
  const isTaken = (test: (c: string) => boolean) => {
    cuts = [...cuts].filter((c) => !test(c)).join("");
  };
  /** Whether the part can match the empty text. */
  const visit = ({ kind }: Hir): boolean => {
    switch (kind["@variant"]) {
      case "Empty":
        return true;
      case "Look":
        // At a cut, `\b` and its kin see the end of the text as they see what is not part of a word.
        if (!kind["@values"][0]["@variant"].startsWith("Word")) cuts = "";
        return true;
      case "Literal": {
        const [bytes] = kind["@values"][0]["@values"];
        isTaken((c) => bytes.includes(c.charCodeAt(0)));
        return false;
      }
      case "Class": {
        const { ranges } = kind["@values"][0]["@values"][0];
        isTaken((c) =>
          ranges.some(({ start, end }) => codeOf(start) <= codeOf(c) && codeOf(c) <= codeOf(end))
        );
        return false;
      }
      case "Repetition": {
        const { min, sub } = kind["@values"][0];
        return visit(sub) || min === 0;
      }
      case "Capture":
        return visit(kind["@values"][0].sub);
      case "Concat":
        return kind["@values"][0].map(visit).every(Boolean);
      case "Alternation":
        return kind["@values"][0].map(visit).some(Boolean);
    }
  };
  return visit(pattern) ? "" : cuts;
}

function codeOf(bound: string | number): number {
  return typeof bound === "number" ? bound : bound.codePointAt(0)!;
}

/** The start of the character that ends at `at`. */
export function characterBefore(text: string, at: number): number {
  const isPair = at > 1 && text.codePointAt(at - 2)! > 0xffff;
  return Math.max(0, isPair ? at - 2 : at - 1);
}

/** The code units of the character at `at`: none at the end. */
export function characterAt(text: string, at: number): number {
  const code = text.codePointAt(at);
  return code === undefined ? 0 : code > 0xffff ? 2 : 1;
}

/** Turns ascending offsets in the UTF-8 of `text` into offsets in `text`. */
export function utf16Spans(text: string, found: readonly TextSpan[]): TextSpan[] {
  // A lone surrogate is U+FFFD on the other side; what is left of surrogates stands in pairs.
  const seen = text.toWellFormed();
  let bytes = 0, at = 0;
  const unitsAt = (offset: number): number => {
    for (; bytes < offset; at++) bytes += utf8Bytes(seen.charCodeAt(at));
    return at;
  };
  return found.map(({ start, end }) => ({ start: unitsAt(start), end: unitsAt(end) }));
}

/** Bytes that a code unit adds to the UTF-8 of a well-formed text: each half of a pair, half of its four. */
function utf8Bytes(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
}
