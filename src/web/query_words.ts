/**
 * The words of a query, checked: whatever does not mean something is a 400 with the reason.
 *
 * @module
 */

import { timestampText } from "../audit/columns.ts";
import { STATUS_WORDS } from "../audit/reader.ts";

/** A request that means nothing; the answer is a 400 with this text. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}

/** Bounds of a query. */
export const QUERY_BOUNDS = Object.freeze({
  /** Rows of one answer. */
  maxLimit: 500,
  defaultLimit: 50,
  /** Characters of a word. */
  maxChars: 1000,
});

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The words of one query, by name. */
export class QueryWords {
  readonly #words: Readonly<Record<string, string>>;

  /**
   * @param known The names that mean something.
   * @throws {BadRequest} for any other, so that a misspelt filter does not pass as none.
   */
  constructor(words: Readonly<Record<string, string>>, known: readonly string[]) {
    for (const [name, word] of Object.entries(words)) {
      if (!known.includes(name)) {
        throw new BadRequest(`there is no parameter ${JSON.stringify(name)}: ${known.join(", ")}`);
      }
      if (word.length > QUERY_BOUNDS.maxChars) throw new BadRequest(`${name} is too long`);
    }
    this.#words = words;
  }

  /** A word; undefined when it is not there, or empty. */
  text(name: string): string | undefined {
    const word = Object.hasOwn(this.#words, name) ? this.#words[name] : undefined;
    return word === "" ? undefined : word;
  }

  /** A whole number of at least `min`; one that is too large means the largest. */
  count(name: string, byDefault: number, min: number, max: number): number {
    const word = this.text(name);
    if (word === undefined) return byDefault;
    if (!/^\d{1,15}$/.test(word) || Number(word) < min) {
      throw new BadRequest(`${name} must be a whole number from ${min} on`);
    }
    return Math.min(max, Number(word));
  }

  /** One of some words. */
  oneOf<const Word extends string>(name: string, words: readonly Word[], byDefault: Word): Word {
    const word = this.text(name) ?? byDefault;
    if (words.includes(word as Word)) return word as Word;
    throw new BadRequest(`${name} must be one of ${words.join(", ")}`);
  }

  /** A status or an outcome. */
  status(name: string): string | undefined {
    const word = this.text(name);
    if (word === undefined || STATUS_WORDS.has(word)) return word;
    throw new BadRequest(`${name} must be one of ${[...STATUS_WORDS].join(", ")}`);
  }

  /** A point in time, `2h` ago or a date; as the column `timestamp` writes it. */
  time(name: string, now: number): string | undefined {
    const word = this.text(name);
    if (word === undefined) return undefined;
    const ago = durationOf(word);
    const ms = ago === undefined ? Date.parse(word) : now - ago;
    if (!/^\d/.test(word) || !(ms >= 0 && ms < 253_402_300_800_000)) {
      throw new BadRequest(`${name} must be like 2h, 7d or 2026-04-03T09:01:12Z`);
    }
    return timestampText(Math.floor(ms));
  }

  /** Milliseconds of a span like `24h`; undefined for `all`. */
  span(name: string, byDefault: string): number | undefined {
    const word = this.text(name) ?? byDefault;
    if (word === "all") return undefined;
    const ms = durationOf(word);
    if (ms !== undefined && ms > 0 && ms <= 366 * UNIT_MS.d!) return ms;
    throw new BadRequest(`${name} must be like 1h, 24h, 7d or 30d, or all`);
  }

  /** From and to a moment, in seconds since the epoch; undefined when neither is there. */
  window(): { readonly from: number; readonly to: number } | undefined {
    if (this.text("from") === undefined && this.text("to") === undefined) return undefined;
    const [from, to] = ["from", "to"].map((name) => this.count(name, 0, 0, 253_402_300_799));
    if (from! < to!) return { from: from!, to: to! };
    throw new BadRequest("from must be before to, in seconds since the epoch");
  }

  /** Time that calls took: `>200ms`, `<1s`, or `200` for at least so many milliseconds. */
  took(name: string): { readonly sql: string; readonly us: number } | undefined {
    const word = this.text(name);
    if (word === undefined) return undefined;
    const [, sign, amount] = /^([<>]=?)?(.*)$/s.exec(word)!;
    const ms = /^\d{1,9}(\.\d+)?$/.test(amount!) ? Number(amount) : durationOf(amount!);
    if (ms === undefined) throw new BadRequest(`${name} must be like >200ms or <1s`);
    return { sql: `latency_us ${sign ?? ">="} ?`, us: Math.round(ms * 1000) };
  }
}

function durationOf(word: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(word) ?? [];
  return amount === undefined ? undefined : Number(amount) * UNIT_MS[unit!]!;
}
