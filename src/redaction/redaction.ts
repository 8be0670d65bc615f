/**
 * One redact rule on one text: its pattern, its detectors, and a file of rules.
 *
 * @module
 */

import type { Detector } from "./detector.ts";
import { detectorsOf } from "./detectors.ts";
import type { Patterns, RustPattern, TextSpan } from "../patterns/pattern.ts";
import type { SecretRules } from "./secret_rules.ts";

/** Passes after which what is found again and again is the replacement itself. */
const MAX_PASSES = 16;

/** Characters around a match that may say what it is. */
const AROUND = 160;

/** Patterns of one rule, and the replacement that stands in the place of what they match. */
export class Redaction {
  readonly #pattern: RustPattern | null;
  readonly #detectors: readonly { readonly detector: Detector; readonly pattern: RustPattern }[];
  /** Text that stands in the place of a match, before its groups are filled in. */
  readonly replacement: string;

  /**
   * @param detectors Words that `detect` takes.
   * @param replacement May use `$1` and `${name}` of the pattern; for the rest it is taken as it is.
   * @param secretRules Rules of a user's own file.
   */
  constructor(
    pattern: RustPattern | null,
    detectors: readonly string[],
    replacement: string,
    patterns: Patterns,
    readonly secretRules: SecretRules | null = null,
  ) {
    this.#pattern = pattern;
    this.replacement = replacement;
    this.#detectors = detectorsOf(detectors).map((detector) => {
      const compiled = patterns.compile(detector.pattern);
      if ("message" in compiled) throw new Error(`Cannot compile a detector: ${compiled.message}`);
      return { detector, pattern: compiled };
    });
  }

  /**
   * The sources of its own patterns: where none of them matches, and {@link secretRules} hold nothing,
   * {@link redact} changes nothing.
   */
  get sources(): readonly string[] {
    const own = this.#pattern === null ? [] : [this.#pattern.source];
    return [...own, ...this.#detectors.map(({ pattern }) => pattern.source)];
  }

  /** Those that are fast together in one set, whatever the text. */
  get setSources(): readonly string[] {
    const fixed = this.#detectors.filter(({ detector }) => !detector.isAnywhere);
    return fixed.map(({ pattern }) => pattern.source);
  }

  /** The rule's own pattern: nobody knows how fast it is with others. */
  get ownSource(): string | undefined {
    return this.#pattern?.source;
  }

  /** Whether one of the other detectors matches anywhere in a text. */
  matchesAnywhere(text: string): boolean {
    return this.#detectors.some(({ detector: { isAnywhere, needs }, pattern }) =>
      isAnywhere && (needs.length === 0 || needs.some((literal) => text.includes(literal))) &&
      pattern.test(text)
    );
  }

  /**
   * Replaces every match.
   *
   * @param key The key of the member whose value the text is, which may say what it is.
   * @returns The new text; `text` itself when nothing matches.
   * @throws {ScanTimeout} when that takes too long.
   */
  redact(text: string, key = ""): string {
    let redacted = this.#pattern?.replaceAll(text, this.replacement) ?? text;
    for (const { detector, pattern } of this.#detectors) {
      const { needs } = detector, seen = redacted;
      if (needs.length > 0 && !needs.some((literal) => seen.includes(literal))) continue;
      // Two secrets with one border between them are found one after the other.
      for (let before = "", pass = 0; before !== redacted && pass < MAX_PASSES; pass++) {
        before = redacted;
        redacted = this.#redactDetected(redacted, key, detector, pattern);
        if (detector.trail === undefined) break;
      }
    }
    return this.#redactSecrets(redacted, key);
  }

  #redactSecrets(text: string, key: string): string {
    let redacted = "", at = 0;
    for (const { start, end } of this.secretRules?.secretsIn(text, key) ?? []) {
      // What stands there already is no secret.
      if (this.replacement.includes(text.slice(start, end))) continue;
      redacted += text.slice(at, start) + this.replacement;
      at = end;
    }
    return at === 0 ? text : redacted + text.slice(at);
  }

  #redactDetected(text: string, key: string, detector: Detector, pattern: RustPattern): string {
    let redacted = "", at = 0;
    for (const { start, end } of pattern.findAll(text)) {
      const secret = secretIn(text, key, { start, end }, detector);
      if (secret === null) continue;
      redacted += text.slice(at, start + secret.start) + this.replacement;
      at = start + secret.end;
    }
    return at === 0 ? text : redacted + text.slice(at);
  }
}

/** Finds the secret in a match; null when there is none after all. */
function secretIn(
  text: string,
  key: string,
  span: TextSpan,
  { lead, trail, check, parts }: Detector,
): TextSpan | null {
  const found = text.slice(span.start, span.end);
  const start = lead?.exec(found)?.[0].length ?? 0;
  const end = found.length - (trail?.exec(found.slice(start))?.[0].length ?? 0);
  const isOne = (from: number, to: number) =>
    check!(found.slice(from, to), {
      before: `${key}: ${text.slice(Math.max(0, span.start + from - AROUND), span.start + from)}`,
      after: text.slice(span.start + to, span.start + to + AROUND),
    });
  if (check === undefined || isOne(start, end)) return { start, end };
  if (!parts) return null;
  const words = [...found.slice(start, end).matchAll(/[^ -]+/g)].map(({ index, 0: word }) => ({
    start: start + index,
    end: start + index + word.length,
  }));
  for (let length = words.length - 1; length > 0; length--) {
    for (let first = 0; first + length <= words.length; first++) {
      const from = words[first]!.start, to = words[first + length - 1]!.end;
      if (isOne(from, to)) return { start: from, end: to };
    }
  }
  return null;
}
