/**
 * One comparison at work: the steps along its paths, and what becomes known on the way.
 *
 * @module
 */

import type { SoughtKey } from "./alike.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { mayBeJson, readInner } from "./json_text.ts";
import { isContainer } from "./walk.ts";

/** A step of a path: a position in a list, or a name. */
export interface Step {
  readonly segment: string | number;
  readonly sought: SoughtKey;
}

const POSITION = /^(?:0|[1-9][0-9]{0,9})$/;

const NONE: readonly unknown[] = Object.freeze([]);

/** Facts that become known while one comparison is judged, besides its answer. */
export class Frame {
  /** A value was bent to reach it: the answer is at most "partly". */
  bent = false;
  /** Something was left unread, or readers differ: the answer is "partly". */
  unsure = false;
  /** Values that a lenient server may take in place of the one at the end of the path. */
  others: readonly unknown[] = NONE;
  /** Texts that the file system was asked about. */
  lookups = 0;
  #jsonTexts = 0;

  /** Forgets the last comparison: one frame serves them all. */
  reset(): void {
    this.bent = false;
    this.unsure = false;
    this.others = NONE;
    this.lookups = this.#jsonTexts = 0;
  }

  /**
   * Reads the object or list that a string is the JSON text of: a server may read it so.
   *
   * @param level JSON texts that the string was in itself.
   * @returns The object or list, or undefined when the text is none.
   */
  unwrap(text: string, level: number): object | undefined {
    if (!mayBeJson(text)) return undefined;
    if (level >= EXPR_BOUNDS.jsonLevels || ++this.#jsonTexts > EXPR_BOUNDS.jsonTexts) {
      this.unsure = true;
      return undefined;
    }
    const inner = readInner(text);
    if (inner?.isSure === false) this.unsure = true;
    return inner?.value;
  }

  /**
   * Walks a path.
   *
   * Readings that a lenient server may make of a value are followed, too. Those of the value itself
   * bend it: a string that is a JSON text, a position in an object (`{"0": …}`), a number as the key
   * of a list. Those of something else become {@link others}: a key that looks like the one asked
   * for, an object in a list where there should be an object alone.
   *
   * @returns The value at the end of the path, or undefined.
   */
  follow(value: unknown, steps: readonly Step[]): unknown {
    const before = this.others;
    this.others = NONE;
    for (let i = 0; i < steps.length; i++) {
      // Nearly every path has one reading all along.
      if (this.others.length > 0) value = this.#reachAll(value, steps[i]!);
      else if (value !== undefined) value = this.#reach(value, steps[i]!);
      else break;
    }
    if (before.length > 0) this.others = [...before, ...this.others];
    return value;
  }

  /** Takes one step from a value, and from each of its other readings. */
  #reachAll(value: unknown, step: Step): unknown {
    const others = this.others;
    this.others = NONE;
    const exact = this.#reach(value, step);
    for (const other of others) {
      const reached = this.#reach(other, step);
      if (reached !== undefined) this.#addOther(reached);
    }
    return exact;
  }

  /** Takes one step from one value; what else it may lead to is noted. */
  #reach(value: unknown, step: Step): unknown {
    if (typeof value === "string") {
      const inner = this.unwrap(value, 0);
      // A reader of something like JSON may find an object where we find none.
      if (inner === undefined && mayBeJson(value)) this.unsure = true;
      value = inner;
      this.bent = true;
    }
    if (!isContainer(value)) return undefined;
    const { segment } = step, wantsList = typeof segment === "number";
    if (Array.isArray(value)) {
      if (wantsList) return value[segment];
      for (const item of value) this.#lookInside(item, step);
      if (!POSITION.test(segment)) return undefined;
      this.bent = true;
      return value[Number(segment)];
    }
    this.#addAlike(value, step);
    if (!Object.hasOwn(value, segment)) return undefined;
    if (wantsList) this.bent = true;
    return (value as Record<string, unknown>)[segment];
  }

  /** Looks for the member in an item of a list that stands where an object should. */
  #lookInside(item: unknown, step: Step): void {
    if (!isContainer(item) || Array.isArray(item)) return;
    if (Object.hasOwn(item, step.segment)) {
      this.#addOther((item as Record<string, unknown>)[step.segment]);
    }
    this.#addAlike(item, step);
  }

  #addAlike(object: object, { sought }: Step): void {
    const alike = sought.alikeIn(object);
    if (alike === undefined) return;
    for (const key of alike) this.#addOther((object as Record<string, unknown>)[key]);
  }

  #addOther(value: unknown): void {
    if (this.others.length < EXPR_BOUNDS.otherReadings) this.others = [...this.others, value];
    else this.unsure = true;
  }
}
