/**
 * What one redact rule masks: its pattern and its detectors, in one text.
 *
 * @module
 */

import { type Detector, detectorsOf } from "./detectors.ts";
import type { Patterns, RustPattern } from "./pattern.ts";

/** A character that a bordered match may have taken in on either side. */
const BORDERS = /^[^A-Za-z0-9/+=]|[^A-Za-z0-9/+=]$/gu;

/** The masks of one rule, and what stands in their place. */
export class Redaction {
  readonly #pattern: RustPattern | null;
  readonly #detectors: readonly { readonly detector: Detector; readonly pattern: RustPattern }[];
  readonly #replacement: string;

  /** @param replacement May use `$1` and `${name}` of the pattern; a detector's is taken as it is. */
  constructor(
    pattern: RustPattern | null,
    detectors: readonly string[],
    replacement: string,
    patterns: Patterns,
  ) {
    this.#pattern = pattern;
    this.#replacement = replacement;
    this.#detectors = detectorsOf(detectors).map((detector) => {
      const compiled = patterns.compile(detector.pattern);
      if ("message" in compiled) throw new Error(`Cannot compile a detector: ${compiled.message}`);
      return { detector, pattern: compiled };
    });
  }

  /** The sources of all patterns: without a match of one of them, {@link mask} changes nothing. */
  get sources(): readonly string[] {
    const own = this.#pattern === null ? [] : [this.#pattern.source];
    return [...own, ...this.#detectors.map(({ pattern }) => pattern.source)];
  }

  /**
   * The text with every match masked.
   *
   * @throws {ScanTimeout} when that takes too long.
   */
  mask(text: string): string {
    let masked = this.#pattern?.replaceAll(text, this.#replacement) ?? text;
    for (const { detector, pattern } of this.#detectors) {
      // Two secrets with one border between them are found one after the other.
      for (let before = ""; before !== masked;) {
        before = masked;
        masked = this.#maskDetected(masked, detector, pattern);
        if (!detector.bordered) break;
      }
    }
    return masked;
  }

  #maskDetected(text: string, { check, bordered }: Detector, pattern: RustPattern): string {
    let masked = "", at = 0;
    for (const { start, end } of pattern.findAll(text)) {
      const found = text.slice(start, end);
      const secret = bordered ? found.replace(BORDERS, "") : found;
      if (!(check?.(secret) ?? true)) continue;
      masked += text.slice(at, start) + found.replace(secret, () => this.#replacement);
      at = end;
    }
    return at === 0 ? text : masked + text.slice(at);
  }
}
