/**
 * Texts of a known form.
 *
 * @module
 */

import { literal } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch } from "./shape.ts";

/** A form: how it is called, and what it looks like, as an anchored pattern of conditions. */
interface Form {
  readonly name: string;
  readonly pattern: string;
}

/** The narrowest first. */
const FORMS: readonly Form[] = Object.freeze([
  {
    name: "a UUID",
    pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
  },
  { name: "a date", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" },
  {
    name: "a date and time",
    pattern:
      "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$",
  },
  { name: "hexadecimal", pattern: "^[0-9a-fA-F]{6,128}$" },
  { name: "an identifier", pattern: "^[A-Za-z_][A-Za-z0-9_.-]{0,63}$" },
]);

/** Watches for one form after the other. */
export class KnownForm implements ShapeWatch {
  #possible = FORMS.map((form) => ({ form, isMet: new RegExp(form.pattern) }));

  add(value: Scalar): boolean {
    if (typeof value !== "string") return false;
    this.#possible = this.#possible.filter(({ isMet }) => isMet.test(value));
    return this.#possible.length > 0;
  }

  shape(): Shape {
    const { name, pattern } = this.#possible[0]!.form;
    return {
      words: name,
      condition: (place) => `${place} matches ${literal(pattern)}`,
      outside: "of another form!",
    };
  }
}
