/**
 * Numbers, and truth.
 *
 * @module
 */

import { isLiteral, oneOf } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch } from "./shape.ts";

/** Watches for a range. */
export class NumberRange implements ShapeWatch {
  #least = Infinity;
  #most = -Infinity;
  #isWhole = true;

  add(value: Scalar): boolean {
    if (typeof value !== "number" || !isLiteral(value)) return false;
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
    this.#isWhole &&= Number.isInteger(value);
    return true;
  }

  shape(): Shape {
    const [least, most] = [this.#least, this.#most], outside = most + 1;
    return {
      words: `${this.#isWhole ? "integer" : "number"} ${least} … ${most}`,
      condition: (place) => `${place} >= ${least} and ${place} <= ${most}`,
      outside: isLiteral(outside) && outside > most ? outside : undefined,
    };
  }
}

/** Watches for true and false. */
export class Truth implements ShapeWatch {
  add(value: Scalar): boolean {
    return typeof value === "boolean";
  }

  shape(): Shape {
    return {
      words: "boolean",
      condition: (place) => oneOf(place, [true, false]),
      outside: "neither",
    };
  }
}
