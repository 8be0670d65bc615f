/**
 * What is known of a value before there is one.
 *
 * @module
 */

/** The type of a value; `json` may turn out to be anything. */
export type Kind = "json" | "string" | "number" | "boolean" | "null" | "list" | "condition";

/** How a message speaks of a value of that kind. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = Object.freeze({
  json: "any value",
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  null: "null",
  list: "a list",
  condition: "a condition",
});
