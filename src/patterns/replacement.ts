/**
 * Replacement texts of patterns, as Rust's `regex` reads them.
 *
 * @module
 */

/** A part of a replacement: text that stands for itself, the whole match, or a group. */
export type ReplacementPart =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "match" }
  /** `reference` as it is written: `$1`, `${name}`. */
  | { readonly is: "group"; readonly reference: string };

/** `$$`; `$name`, as long as letters, digits and underscores go on; `${anything}`. */
const REFERENCE = /\$(?:\$|[0-9A-Za-z_]+|\{[^}]*\})/g;
const WHOLE_MATCH = /^\$(?:0+|\{\+?0+\})$/;

/**
 * Takes a replacement apart. A dollar that begins nothing stands for itself.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(partsOf("$1: $$x"), [
 *   { is: "group", reference: "$1" },
 *   { is: "text", text: ": $x" },
 * ]);
 * ```
 */
export function partsOf(replacement: string): readonly ReplacementPart[] {
  const parts: ReplacementPart[] = [];
  let text = "", at = 0;
  const endText = () => {
    if (text !== "") parts.push({ is: "text", text });
    text = "";
  };
  for (const { 0: reference, index } of replacement.matchAll(REFERENCE)) {
    text += replacement.slice(at, index);
    at = index + reference.length;
    if (reference === "$$") {
      text += "$";
      continue;
    }
    endText();
    parts.push(WHOLE_MATCH.test(reference) ? { is: "match" } : { is: "group", reference });
  }
  text += replacement.slice(at);
  endText();
  return parts;
}
