/**
 * What was seen of one argument of a tool, or of a member of one.
 *
 * @module
 */

import type { Matcher } from "../../expr/matcher.ts";
import { placeOf } from "./literal.ts";
import { FewValues } from "./shapes/few.ts";
import { KnownForm } from "./shapes/form.ts";
import { NumberRange, Truth } from "./shapes/number.ts";
import { Folders } from "./shapes/path.ts";
import type { Scalar, Shape, ShapeWatch, WatchedCall } from "./shapes/shape.ts";
import { isCommandName, Programs } from "./shapes/shell.ts";
import { Hosts } from "./shapes/url.ts";

/** What arguments are read with, and where. */
export interface Surroundings {
  readonly matchers: ReadonlyMap<string, Matcher>;
  /** Undefined when nobody knows. */
  readonly home: string | undefined;
  /** Folders, absolute, above which none is named. */
  readonly roots: readonly string[];
}

/** Calls that are named as evidence. */
const NAMED_CALLS = 3;

/** A call that an argument was seen in. */
export interface SeenCall extends WatchedCall {
  readonly id: string;
}

/** One argument. Counts are of calls. */
export class Argument {
  /** Calls that had it. */
  present = 0;
  /** Calls in which nobody knows any more what it was. */
  masked = 0;
  /** Calls in which it was null, an empty list, an object, a list of other things than texts and numbers. */
  #nulls = 0;
  #emptyLists = 0;
  #objects = 0;
  #lists = 0;
  #others = 0;
  readonly ids: string[] = [];
  #watches: ShapeWatch[];
  /** Those that a list of such values has as well. */
  readonly #ofItems: ReadonlySet<ShapeWatch>;
  /** Why its condition was given up; null where it was not. */
  givenUp: string | null = null;

  /** @param path Its keys, from the arguments on. */
  constructor(readonly path: readonly string[], { matchers, home, roots }: Surroundings) {
    const command = new Programs(matchers.get("shell")!), form = new KnownForm();
    this.#watches = [
      ...[new FewValues(), new Folders(home, roots), new Hosts(matchers.get("url")!)],
      ...isCommandName(path.at(-1)!) ? [command] : [],
      ...[new NumberRange(), new Truth(), form],
    ];
    this.#ofItems = new Set(this.#watches.filter((watch) => watch !== form && watch !== command));
  }

  /** As conditions write it. */
  get place(): string {
    return placeOf(this.path);
  }

  /** Takes in that a call had it, and what it was. */
  add(value: unknown, call: SeenCall): void {
    this.#note(call);
    if (value === null) this.#nulls++;
    else if (Array.isArray(value)) this.#addList(value, call);
    else if (typeof value === "object") this.#objects++;
    else this.#watch([value as Scalar], call);
  }

  /** Takes in that a call had it, and that nobody knows what it was. */
  addMasked(call: SeenCall): void {
    this.#note(call);
    this.masked++;
  }

  #note({ id }: SeenCall): void {
    this.present++;
    if (this.ids.length < NAMED_CALLS) this.ids.push(id);
  }

  #addList(list: readonly unknown[], call: SeenCall): void {
    const items = list.filter((item) => typeof item !== "object");
    if (list.length === 0) this.#emptyLists++;
    else if (items.length < list.length) this.#others++;
    else {
      this.#lists++;
      this.#watches = this.#watches.filter((watch) => this.#ofItems.has(watch));
      this.#watch(items as Scalar[], call);
    }
  }

  #watch(values: readonly Scalar[], call: SeenCall): void {
    this.#watches = this.#watches.filter((watch) =>
      values.every((value) => watch.add(value, call))
    );
  }

  /** Whether it always was an object: what is known of it is known of its members. */
  get isObject(): boolean {
    return this.#objects > 0 && this.#objects + this.#nulls === this.present;
  }

  /** What its values have in common; null for none, and for an object. */
  shape(): Shape | null {
    const unshaped = this.#nulls + this.#emptyLists;
    if (this.masked + this.#objects + this.#others > 0 || this.present === unshaped) return null;
    for (const watch of this.#watches) {
      const shape = watch.shape();
      if (shape !== null) return shape;
    }
    return null;
  }

  /**
   * The condition that it meets, whatever was seen of it; null for none.
   *
   * @param calls All calls of the tool.
   */
  condition(calls: number): string | null {
    const { place } = this, isOptional = this.present < calls;
    if (this.masked > 0 || this.givenUp !== null) return null;
    const shape = this.isObject ? null : this.shape()?.condition?.(place) ?? null;
    const isNothing = this.present === this.#nulls + this.#emptyLists;
    if (shape === null && !isNothing) return isOptional ? null : `exists(${place})`;
    const alternatives = [
      ...isOptional ? [`not exists(${place})`] : [],
      ...this.#nulls > 0 ? [`${place} == null`] : [],
      ...this.#emptyLists > 0 ? [`len(${place}) == 0`] : [],
      ...shape === null ? [] : [shape],
    ];
    return alternatives.length === 1 ? alternatives[0]! : `(${alternatives.join(" or ")})`;
  }

  /** What was seen, for a comment. */
  words(calls: number): string {
    const absent = calls - this.present;
    return [
      ...absent > 0 ? [`absent ${absent}`] : [],
      ...this.#nulls > 0 ? [`null ${this.#nulls}`] : [],
      ...this.#emptyLists > 0 ? [`empty ${this.#emptyLists}`] : [],
      ...this.#lists > 0 ? ["lists"] : [],
      this.#shapeWords(),
    ].join(", ");
  }

  #shapeWords(): string {
    if (this.masked > 0) return "not learned: masked";
    if (this.givenUp !== null) return `not learned: ${this.givenUp}`;
    if (this.isObject) return "an object, of which the members have conditions";
    if (this.present === this.#nulls + this.#emptyLists) return "nothing else";
    return this.shape()?.words ?? "free, no condition";
  }
}
