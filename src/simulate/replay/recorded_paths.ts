/**
 * Where paths have led when a call was made. Where that was not recorded it is not known for certain,
 * and the file system of now says what is likely.
 *
 * @module
 */

import { forgetOldest } from "../../oldest.ts";
import { resolvedNow } from "../../policy/matchers.ts";
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
  readonly #touchLikely: Touch;
  readonly #today = new Map<string, string>();
  #known: KnownPaths | null = null;
  #seen: Set<string> | null = null;
  #isSure: () => boolean = () => true;

  /** @param touchLikely Called for paths of which nobody knows that they led elsewhere. */
  constructor(touch: Touch, touchLikely: Touch) {
    this.#touch = touch;
    this.#touchLikely = touchLikely;
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
    const place = `where ${path} leads`;
    if (led === null) this.#touch(`${place} was masked`);
    else if (known !== null && MORE_PATHS in known.led) this.#touch(`${place} was not recorded`);
    else if (!known?.wasSeen(path)) {
      this.#touchLikely(`${place} was not recorded`);
      return this.#now(path);
    }
    return unled(path);
  };

  /** Where it leads today, which is likely where it has led. */
  #now(path: string): string {
    let led = this.#today.get(path);
    if (led === undefined) {
      this.#today.set(path, led = resolvedNow(path));
      forgetOldest(this.#today, MAX_TODAY);
    }
    return led;
  }
}

/** Paths that are looked at once. */
const MAX_TODAY = 10_000;
