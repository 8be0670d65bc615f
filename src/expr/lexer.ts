/**
 * First step of a condition: its text into tokens.
 *
 * Words are plain names here; which of them are keywords depends on where they stand, and the parser
 * knows that. What is written in another language's way (`&&`, `=`, `~=`) is reported and then read as
 * what was meant, so that the rest of the condition is checked, too.
 *
 * @module
 */

import { OPERATORS } from "./operators.ts";
import type { ConditionError, Span } from "./span.ts";

/** A word of the condition. `text` is as written, or as meant where a slip was reported. */
export type Token =
  & Span
  & { readonly text: string }
  & (
    | { readonly kind: "name" | "symbol" | "bad" | "end" }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "number"; readonly value: number }
  );

const BLANK = /[\s]+/y;
/** As the original's identifiers: letters of any script, digits, underscore. */
const NAME = /[\p{Alphabetic}_][\p{Alphabetic}\p{N}_]*/yu;
/** As long as it may be meant as a number; {@link JSON_NUMBER} says whether it is one. */
const NUMBER =
  /-?[0-9][\p{Alphabetic}\p{N}_]*(?:\.[0-9][\p{Alphabetic}\p{N}_]*)?(?:(?<=[eE])[+-][0-9]+)?/yu;
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const QUOTED = /'[^']*'|"(?:[^"\\]|\\[^])*"/y;
/** One escape of JSON, or, as group 1, the character of what is none. */
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}|([^]))/g;
/** A control character (U+0000 to U+001F), which JSON strings do not hold. */
const CONTROL = /[^ -\u{10ffff}]/u;
/** Signs that are no operators between two values. */
const PUNCTUATION = ["(", ")", "[", "]", ".", ",", "!"];

/** Symbols of other languages, each with the way it is written here and the token it is read as. */
const SLIPS: ReadonlyMap<string, { readonly written: string; readonly meant: string }> = new Map([
  ...["&&", "&"].map((slip) => [slip, { written: "and", meant: "and" }] as const),
  ...["||", "|"].map((slip) => [slip, { written: "or", meant: "or" }] as const),
  ...Object.entries(OPERATORS).flatMap(([meant, { slips = [], negationSlips = [] }]) => [
    ...slips.map((slip) => [slip, { written: meant, meant }] as const),
    ...negationSlips.map((slip) => [slip, { written: `not … ${meant}`, meant }] as const),
  ]),
]);

const SYMBOL = anyOf([...PUNCTUATION, ...Object.keys(OPERATORS), ...SLIPS.keys()]);

/** A form that reads the longest of these symbols; words among them are names. */
function anyOf(symbols: readonly string[]): RegExp {
  const forms = symbols.filter((symbol) => !/^\w/.test(symbol))
    .sort((a, b) => b.length - a.length)
    .map((symbol) => symbol.replaceAll(/[^]/g, "\\$&"));
  return new RegExp(forms.join("|"), "y");
}

/**
 * Reads the whole text into tokens.
 *
 * @returns The tokens, the last of kind `end`, and what is wrong with them. A piece that is no token
 * is reported and becomes one of kind `bad`.
 */
export function lex(source: string): { tokens: Token[]; errors: ConditionError[] } {
  const tokens: Token[] = [], errors: ConditionError[] = [];
  let at = 0;
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at;
    return form.exec(source)?.[0];
  };
  for (;;) {
    at += take(BLANK)?.length ?? 0;
    if (at >= source.length) break;
    const token = readName(take, at) ?? readNumber(take, at, errors) ??
      readString(source, take, at, errors) ?? readSymbol(take, at, errors) ??
      readRest(source, at, errors);
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: "end", text: "", offset: source.length, length: 0 });
  return { tokens, errors };
}

type Take = (form: RegExp) => string | undefined;

function readName(take: Take, offset: number): Token | undefined {
  const text = take(NAME);
  return text === undefined ? undefined : { kind: "name", text, offset, length: text.length };
}

function readNumber(take: Take, offset: number, errors: ConditionError[]): Token | undefined {
  const text = take(NUMBER);
  if (text === undefined) return undefined;
  const value = Number(text), length = text.length;
  if (!JSON_NUMBER.test(text)) {
    errors.push({ message: `\`${text}\` is not a number as JSON writes it`, offset, length });
  } else if (!Number.isFinite(value)) {
    errors.push({ message: `\`${text}\` is too large a number`, offset, length });
  } else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    // Below this bound a comparison with any integer of the input is exact; above it neighbours
    // of the literal would be taken for it.
    const message = `\`${text}\` is past ±9007199254740991, where numbers stop being exact`;
    errors.push({ message, offset, length });
  } else {
    return { kind: "number", text, value, offset, length };
  }
  return { kind: "number", text, value: 0, offset, length };
}

function readString(
  source: string,
  take: Take,
  offset: number,
  errors: ConditionError[],
): Token | undefined {
  const quote = source[offset];
  if (quote !== "'" && quote !== '"') return undefined;
  const text = take(QUOTED);
  if (text === undefined) {
    const hint = quote === "'" ? '; a text that holds a \' stands in "double quotes"' : "";
    errors.push({ message: `the ${quote} is never closed${hint}`, offset, length: 1 });
    const rest = source.slice(offset);
    return { kind: "string", text: rest, value: "", offset, length: rest.length };
  }
  const token = { kind: "string", text, offset, length: text.length } as const;
  if (quote === "'") return { ...token, value: text.slice(1, -1) };
  return { ...token, value: unescape(text, offset, errors) };
}

/** The value of a text in double quotes: JSON's escapes, all of them, and no others. */
function unescape(text: string, offset: number, errors: ConditionError[]): string {
  const before = errors.length;
  for (const escape of text.matchAll(ESCAPE)) {
    if (escape[1] === undefined) continue;
    const message = `${
      escape[0]
    } is not an escape; in 'single quotes' a backslash is just a backslash`;
    errors.push({ message, offset: offset + escape.index, length: escape[0].length });
  }
  const control = CONTROL.exec(text);
  if (control !== null) {
    const message = "a line break or another control character in double quotes; write \\n";
    errors.push({ message, offset: offset + control.index, length: 1 });
  }
  return errors.length > before ? "" : JSON.parse(text);
}

function readSymbol(take: Take, offset: number, errors: ConditionError[]): Token | undefined {
  const text = take(SYMBOL);
  if (text === undefined) return undefined;
  const length = text.length, slip = SLIPS.get(text);
  if (slip === undefined) return { kind: "symbol", text, offset, length };
  const { written, meant } = slip;
  errors.push({ message: `\`${text}\` is written \`${written}\``, offset, length });
  return { kind: /^\w/.test(meant) ? "name" : "symbol", text: meant, offset, length };
}

/** One character that nothing begins with. */
function readRest(source: string, offset: number, errors: ConditionError[]): Token {
  const text = String.fromCodePoint(source.codePointAt(offset)!), length = text.length;
  let message = `\`${text}\` has no meaning here`;
  if ("“”„‘’`´".includes(text)) message = `${text} is not a quote; use ' or "`;
  if (text === "-") message = 'a name with a dash is written ["in-quotes"]';
  errors.push({ message, offset, length });
  return { kind: "bad", text, offset, length };
}

/**
 * Places the `index`-th character of a string literal's value in the text, escapes counted.
 *
 * @param text The literal as written, quotes and all.
 * @returns The offset from the opening quote, in UTF-16 code units.
 */
export function offsetInLiteral(text: string, index: number): number {
  if (text.startsWith("'")) return 1 + index;
  let at = 1;
  for (let read = 0; read < index; read++) {
    if (text[at] !== "\\") at += 1;
    else at += text[at + 1] === "u" ? 6 : 2;
  }
  return at;
}
