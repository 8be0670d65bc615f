/**
 * JSON Schema (draft 7) for what the methods of `TableReader` read, under the same names.
 *
 * TOML knows more types than JSON does: that `5.0` is no integer, only the reader can tell.
 *
 * @module
 */

import type { Range } from "./table.ts";

/** A schema, or a part of one. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Schemas of the keys of a table. */
export type Properties = Readonly<Record<string, JsonSchema>>;

const TEXT: JsonSchema = { type: "string", minLength: 1 };

/** A text, never empty. */
export function string(description: string): JsonSchema {
  return { description, type: "string", minLength: 1 };
}

/** A text that may be empty. */
export function text(description: string): JsonSchema {
  return { description, type: "string" };
}

/** One text or a list of them. */
export function strings(description: string, item: JsonSchema = TEXT): JsonSchema {
  return { description, anyOf: [item, { type: "array", items: item, minItems: 1 }] };
}

/** A list of texts, which may be empty. */
export function list(description: string): JsonSchema {
  return { description, type: "array", items: { type: "string" } };
}

/** An integer in a range. */
export function integer(description: string, { min, max }: Range): JsonSchema {
  return { description, type: "integer", minimum: min, maximum: max };
}

/** One of a few words. */
export function word(description: string, words: readonly string[]): JsonSchema {
  return { description, enum: words };
}

/** Any value. */
export function json(description: string): JsonSchema {
  return { description };
}

/** A table of any values. */
export function jsonTable(description: string): JsonSchema {
  return { description, type: "object" };
}

/** A table of these keys and no others. */
export function subtable(
  description: string,
  properties: Properties,
  more: { readonly [keyword: string]: unknown } = {},
): { readonly [keyword: string]: unknown } {
  return { description, type: "object", additionalProperties: false, properties, ...more };
}

/** A list of tables, `[[key]]`. */
export function tables(description: string, table: JsonSchema): JsonSchema {
  return { description, type: "array", items: table };
}
