/**
 * A policy's text in pieces of different kinds, for the editor to show: TOML, as far as policies use it.
 *
 * @module
 */

/** What a piece is: `plain` is everything else. */
export type MarkKind = "comment" | "table" | "key" | "string" | "value" | "plain";

/** A piece of the text; together they are the whole of it. */
export interface Mark {
  readonly kind: MarkKind;
  readonly text: string;
}

/**
 * The kinds, in the order in which they are looked for. Strings of several lines come before those of
 * one; a text that was not closed goes to the end of its line, or of the whole.
 */
const PIECES: readonly (readonly [MarkKind, RegExp])[] = [
  ["comment", /#[^\n]*/y],
  ["string", /"""(?:[^\\]|\\[^])*?(?:"""|$(?![^]))|'''[^]*?(?:'''|$(?![^]))/y],
  ["string", /"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?/y],
  ["table", /(?<=^[ \t]*)\[\[?[^\]\n]*\]?\]?/my],
  ["key", /[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?=[ \t]*=)/y],
  ["value", /\b(?:true|false|[+-]?\d[\d_.:TZ+-]*)\b/y],
  ["plain", /[A-Za-z0-9_-]+|[^]/y],
];

/** Takes a text apart. */
export function marksOf(text: string): Mark[] {
  const marks: { kind: MarkKind; text: string }[] = [];
  for (let at = 0; at < text.length;) {
    const { kind, piece } = pieceAt(text, at), last = marks.at(-1);
    if (last?.kind === kind) last.text += piece;
    else marks.push({ kind, text: piece });
    at += piece.length;
  }
  return marks;
}

function pieceAt(text: string, at: number): { kind: MarkKind; piece: string } {
  for (const [kind, pattern] of PIECES) {
    pattern.lastIndex = at;
    const piece = pattern.exec(text)?.[0];
    if (piece) return { kind, piece };
  }
  return { kind: "plain", piece: text[at]! };
}

/** The pieces by line: one that goes over several lines is in each of them. */
export function markedLines(text: string): Mark[][] {
  const lines: Mark[][] = [[]];
  for (const { kind, text: piece } of marksOf(text)) {
    const [first, ...more] = piece.split("\n");
    if (first !== "") lines.at(-1)!.push({ kind, text: first! });
    for (const rest of more) lines.push(rest === "" ? [] : [{ kind, text: rest }]);
  }
  return lines;
}
