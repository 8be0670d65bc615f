/**
 * Places in a condition's text, and errors at them.
 *
 * @module
 */

/** Place of something in the condition's text, in UTF-16 code units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** One thing wrong with a condition, in a sentence without a full stop. */
export interface ConditionError extends Span {
  readonly message: string;
}
