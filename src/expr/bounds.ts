/**
 * The bounds of the condition language. Each is tested at its value and past it.
 *
 * @module
 */

/** Sizes in UTF-16 code units, counts in pieces. */
export const EXPR_BOUNDS = Object.freeze({
  /** Length of a condition's text. */
  sourceChars: 4096,
  /** Open brackets, `not`s and calls around any one place of a condition. */
  levels: 64,
  /** Nodes of a condition's tree; a path is one, and so is each item of a list. */
  nodes: 1000,
  /** JSON texts inside strings of JSON texts inside … that are looked into. */
  jsonLevels: 8,
  /** Strings of one value that are looked into as JSON texts. Each that is none costs microseconds. */
  jsonTexts: 1000,
  /** Values that a lenient server may take in place of the one that a path leads to. */
  otherReadings: 64,
  /** Length of a value as an explanation shows it. */
  previewChars: 200,
});
