/**
 * Kinds of values, as far as they are known before there is one.
 *
 * @module
 */

/** The type of a value; `json` may turn out to be anything. */
export type Kind =
  | "json"
  | "string"
  | "number"
  | "boolean"
  | "null"
  | "list"
  | "path"
  | "condition";

/** Words that a message has for a value of each kind. */
export const KIND_WORDS: Readonly<Record<Kind, string>> = Object.freeze({
  json: "any value",
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  null: "null",
  list: "a list",
  path: "a place in the file system, which is asked with `within`",
  condition: "a condition",
});
