/**
 * Rules of a user's own file of secrets, on one text.
 *
 * They do what gitleaks does with them (its `detect` package): keywords say whether a rule is for a
 * text at all, a group of its pattern is the secret, entropy and allowlists let it pass after all.
 *
 * @module
 */

import type { Patterns, PatternSet, RustPattern, TextSpan } from "../patterns/pattern.ts";

/** Values behind a key that are also looked at together with it, as JSON has them, are no longer. */
export const MAX_VALUE_CHARS = 4096;

/** One rule. */
export interface SecretRule {
  readonly id: string;
  /** Its first group that is not empty is the secret; without one, the match is. */
  readonly pattern: RustPattern;
  /** Bits a character that a secret must have more of; 0 for any. */
  readonly entropy: number;
  /** In small letters; a text without any of them is not searched. None: every text is. */
  readonly keywords: readonly string[];
  readonly allowlists: readonly Allowlist[];
  /** Other rules, each of which must find something near. */
  readonly required: readonly Required[];
  /** Whether it is there for others that require it, and finds nothing by itself. */
  readonly isHelper: boolean;
}

/** What must be near a secret for it to be one. */
export interface Required {
  readonly rule: string;
  /** How far apart the two may begin; undefined for anywhere in the text. */
  readonly withinLines: number | undefined;
  readonly withinColumns: number | undefined;
}

/** What lets a secret pass. */
export interface Allowlist {
  /** Whether all kinds of conditions must hold, or one is enough. */
  readonly needsAll: boolean;
  /** What the patterns are tested on. */
  readonly target: "secret" | "match" | "line";
  readonly patterns: readonly RustPattern[];
  /** In small letters; they stand in the secret. */
  readonly stopwords: readonly string[];
}

/** A match and what is secret in it. */
interface Finding {
  readonly match: TextSpan;
  readonly secret: TextSpan;
}

/** All rules of a file. */
export class SecretRules {
  readonly #rules: readonly SecretRule[];
  readonly #byId: ReadonlyMap<string, SecretRule>;
  readonly #allowlists: readonly Allowlist[];
  readonly #keywords: readonly string[];
  /** Undefined when there are no keywords, or too many for one set. */
  readonly #keywordSet: PatternSet | undefined;
  /** Whether keywords alone cannot say which texts are clean. */
  readonly #isForAll: boolean;

  readonly #patterns: Patterns;

  /** @param allowlists Those of the whole file. */
  constructor(
    all: readonly SecretRule[],
    allowlists: readonly Allowlist[],
    patterns: Patterns,
  ) {
    const rules = this.#rules = all.filter(({ isHelper }) => !isHelper);
    this.#patterns = patterns;
    this.#byId = new Map(all.map((rule) => [rule.id, rule]));
    this.#allowlists = allowlists;
    const keywords = this.#keywords = [...new Set(rules.flatMap(({ keywords }) => keywords))];
    const set = keywords.length === 0 ? undefined : patterns.compileSet(keywords.map(literally));
    this.#keywordSet = set === undefined || "message" in set ? undefined : set;
    this.#isForAll = this.#keywordSet === undefined ||
      rules.some(({ keywords }) => keywords.length === 0) ||
      // In a text of many strings, one a line, what stands between key and value is not there.
      keywords.some((keyword) => /["\n]/.test(keyword));
  }

  /** Whether one of the rules may be for a text: of many strings, one a line. */
  mayHold(text: string): boolean {
    return this.#isForAll || this.#keywordSet!.test(text.toLowerCase());
  }

  /**
   * Finds the secrets of a text.
   *
   * @param key The key of the member whose value the text is: rules look for names before values.
   * @returns Their places, in order, none overlapping another.
   * @throws {ScanTimeout} when that takes too long.
   */
  secretsIn(text: string, key = ""): TextSpan[] {
    const hasKey = key !== "" && text.length <= MAX_VALUE_CHARS;
    const lead = hasKey ? `"${key}": "` : "", member = hasKey ? `${lead}${text}"` : text;
    const found = this.#rulesFor(member).flatMap((rule) => {
      const secrets = this.#secretsBy(rule, text);
      if (!hasKey) return secrets;
      const inMember = this.#secretsBy(rule, member)
        .map(({ start, end }) => ({ start: start - lead.length, end: end - lead.length }))
        .filter(({ start, end }) => start >= 0 && end <= text.length);
      return [...secrets, ...inMember];
    });
    return merged(found);
  }

  #rulesFor(text: string): readonly SecretRule[] {
    const set = this.#keywordSet;
    if (set === undefined) {
      const low = text.toLowerCase();
      return this.#rules.filter(({ keywords }) =>
        keywords.length === 0 || keywords.some((keyword) => low.includes(keyword))
      );
    }
    const found = new Set(set.matching(text.toLowerCase()).map((place) => this.#keywords[place]!));
    if (found.size === 0 && !this.#isForAll) return [];
    return this.#rules.filter(({ keywords }) =>
      keywords.length === 0 || keywords.some((keyword) => found.has(keyword))
    );
  }

  #secretsBy(rule: SecretRule, text: string): TextSpan[] {
    const found = this.#found(rule, text);
    if (found.length === 0 || rule.required.length === 0) {
      return found.map(({ secret }) => secret);
    }
    const near = rule.required.map((required) => {
      const other = this.#byId.get(required.rule);
      const others = other === undefined ? [] : this.#found(other, text);
      return { required, places: placesOf(text, others) };
    });
    const places = placesOf(text, found);
    return found.filter((_, i) =>
      near.every(({ required, places: others }) => {
        this.#patterns.look(others.length);
        return others.some((other) => isNear(places[i]!, other, required));
      })
    ).map(({ secret }) => secret);
  }

  #found(rule: SecretRule, text: string): Finding[] {
    if (!rule.pattern.test(text)) return [];
    return rule.pattern.findAll(text).flatMap((span) => {
      const match = withoutLineEnds(text, span);
      if (match.start === match.end) return [];
      const secret = rule.pattern.groupsOf(text, span)[0] ?? match;
      const words = text.slice(secret.start, secret.end);
      if (rule.entropy !== 0 && entropyOf(words) <= rule.entropy) return [];
      const targets = {
        secret: () => words,
        match: () => text.slice(match.start, match.end),
        line: () => lineOf(text, match),
      };
      const passes = (list: Allowlist) => isAllowed(list, words, targets[list.target]);
      return this.#allowlists.some(passes) || rule.allowlists.some(passes)
        ? []
        : [{ match, secret }];
    });
  }
}

function isAllowed(
  { needsAll, patterns, stopwords }: Allowlist,
  secret: string,
  target: () => string,
): boolean {
  const low = secret.toLowerCase();
  const hasStopword = stopwords.some((word) => low.includes(word));
  const matches = () => patterns.some((pattern) => pattern.test(target()));
  if (!needsAll) return hasStopword || matches();
  return (stopwords.length === 0 || hasStopword) && (patterns.length === 0 || matches());
}

/** Where a match begins. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** The places of findings, in order; columns count as gitleaks counts them, one more behind a line's end. */
function placesOf(text: string, findings: readonly Finding[]): Place[] {
  let line = 0, lineEnd = -1;
  return findings.map(({ match: { start } }) => {
    for (let next = text.indexOf("\n", lineEnd + 1); next >= 0 && next < start;) {
      line++;
      lineEnd = next;
      next = text.indexOf("\n", lineEnd + 1);
    }
    return { line, column: start - lineEnd + (line > 0 ? 1 : 0) };
  });
}

function isNear(a: Place, b: Place, { withinLines, withinColumns }: Required): boolean {
  return Math.abs(a.line - b.line) <= (withinLines ?? Infinity) &&
    Math.abs(a.column - b.column) <= (withinColumns ?? Infinity);
}

/** The lines that a match stands on. */
function lineOf(text: string, { start, end }: TextSpan): string {
  const last = text.indexOf("\n", end);
  return text.slice(text.lastIndexOf("\n", start - 1) + 1, last < 0 ? undefined : last);
}

function withoutLineEnds(text: string, { start, end }: TextSpan): TextSpan {
  while (start < end && text[start] === "\n") start++;
  while (start < end && text[end - 1] === "\n") end--;
  return { start, end };
}

/**
 * Shannon's entropy of a text, as gitleaks counts it: of its characters, each by its share of the
 * bytes.
 *
 * @returns Bits a character.
 */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  const bytes = new TextEncoder().encode(text).length;
  let entropy = 0;
  for (const count of counts.values()) entropy -= count / bytes * Math.log2(count / bytes);
  return entropy;
}

/** A pattern that is nothing but the text. */
function literally(text: string): string {
  return Array.from(text, (c) => `\\x{${c.codePointAt(0)!.toString(16)}}`).join("");
}

function merged(spans: readonly TextSpan[]): TextSpan[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    const last = all.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else all.push({ start, end });
  }
  return all;
}
