/**
 * Where the file system has led texts that conditions read as paths: it will say something else when a
 * decision is looked at again.
 *
 * @module
 */

import { normalize } from "node:path";
import { remembered, resolved } from "../matchers/path_matcher.ts";

/** Places that are noted of one call, and characters of all of them. */
export const NOTED_PATHS = Object.freeze({ places: 64, chars: 16 * 1024 });

/** Stands for places that are not noted, because there were too many. */
export const MORE_PATHS = "*";

/** Where paths lead; null for a place that nobody knows any more. */
export type LedPaths = Readonly<Record<string, string | null>>;

/** Follows paths, and notes those that lead elsewhere than they say. */
export class PathNotes {
  #noted: Record<string, string | null> | undefined;
  /** The rules of a call ask the file system once. */
  readonly #led = remembered(resolved);
  #places = 0;
  #chars = 0;

  /** Where a path leads. */
  readonly resolved = (path: string): string => {
    const led = this.#led(path);
    if (led !== unled(path)) this.#note(path, led);
    return led;
  };

  #note(path: string, led: string): void {
    this.#noted ??= Object.create(null) as Record<string, string | null>;
    if (path in this.#noted) return;
    this.#places++;
    this.#chars += path.length + led.length;
    const isTooMuch = this.#places > NOTED_PATHS.places || this.#chars > NOTED_PATHS.chars;
    if (isTooMuch) this.#noted[MORE_PATHS] = null;
    else this.#noted[path] = led;
  }

  /** Takes what was noted since the last time; undefined for nothing. */
  take(): LedPaths | undefined {
    const noted = this.#noted;
    if (noted === undefined) return undefined;
    this.#noted = undefined;
    this.#places = this.#chars = 0;
    return noted;
  }
}

/** Where an absolute path leads that is not noted: where it says. */
export function unled(path: string): string {
  const plain = normalize(path);
  return plain.length > 1 && /[/\\]$/.test(plain) ? plain.slice(0, -1) : plain;
}
