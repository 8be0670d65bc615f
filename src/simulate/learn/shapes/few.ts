/**
 * Always the same value, or one of a few.
 *
 * @module
 */

import { isLiteral, type Literal, literal, oneOf } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch } from "./shape.ts";

/** Values that are few, how often each has to be seen, and how many values there have to be for each. */
const FEW = Object.freeze({ values: 8, each: 2, perValue: 3 });

/** Watches for few values. */
export class FewValues implements ShapeWatch {
  readonly #counts = new Map<Literal, number>();

  add(value: Scalar): boolean {
    if (!isLiteral(value)) return false;
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    return this.#counts.size <= FEW.values;
  }

  shape(): Shape | null {
    const counts = [...this.#counts].sort(([a], [b]) => order(a, b));
    if (counts.length === 1) return constant(counts[0]![0]);
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    if (counts.some(([, count]) => count < FEW.each) || all < FEW.perValue * counts.length) {
      return null;
    }
    const values = counts.map(([value]) => value);
    return {
      words: `one of ${counts.map(([value, count]) => `${literal(value)} (${count})`).join(", ")}`,
      condition: (place) => oneOf(place, values),
      outside: beside(values),
    };
  }
}

function constant(value: Literal): Shape {
  return {
    words: `always ${literal(value)}`,
    condition: (place) => oneOf(place, [value]),
    outside: beside([value]),
  };
}

/** A value like them that is none of them; undefined where there is none. */
function beside(values: readonly Literal[]): Literal | undefined {
  const last = values.at(-1)!;
  if (typeof last === "boolean") return values.length === 1 ? !last : undefined;
  const other = typeof last === "number" ? last + 1 : `${last}-other`;
  return isLiteral(other) && !values.includes(other) ? other : undefined;
}

/** By kind, then by value. */
function order(a: Literal, b: Literal): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
