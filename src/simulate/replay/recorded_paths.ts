/**
 * Where paths have led when a call was made: the file system of now is not asked.
 *
 * @module
 */

import { MORE_PATHS, unled } from "../../policy/path_notes.ts";
import type { Touch } from "./recorded_env.ts";

/** What is known of one call. */
export interface KnownPaths {
  /** Those that led elsewhere than they say. */
  readonly led: Readonly<Record<string, string | null>>;
  /** Whether a path that is not among them was looked at, and so leads where it says. */
  readonly wasSeen: (path: string) => boolean;
}

/** Answers for the call at hand. */
export class RecordedPaths {
  readonly #touch: Touch;
  #known: KnownPaths | null = null;
  #seen: Set<string> | null = null;
  #isSure: () => boolean = () => true;

  constructor(touch: Touch) {
    this.#touch = touch;
  }

  /** From now on it answers for another call; null where nothing is known. */
  begin(known: KnownPaths | null): void {
    this.#known = known;
  }

  /** Collects the paths that `work` asks for, for as long as that `isSure`. */
  collect(work: () => void, isSure: () => boolean): ReadonlySet<string> {
    const seen = this.#seen = new Set<string>();
    this.#isSure = isSure;
    try {
      work();
    } finally {
      this.#seen = null;
    }
    return seen;
  }

  /** Where a path has led. */
  readonly led = (path: string): string => {
    const known = this.#known, led = known?.led[path];
    if (this.#seen !== null) {
      if (this.#isSure()) this.#seen.add(path);
      return led ?? unled(path);
    }
    if (typeof led === "string") return led;
    if (led === null) this.#touch(`where ${path} leads was masked`);
    else if (known === null || MORE_PATHS in known.led || !known.wasSeen(path)) {
      this.#touch(`where ${path} leads was not recorded`);
    }
    return unled(path);
  };
}
