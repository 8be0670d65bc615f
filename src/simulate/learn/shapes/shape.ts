/**
 * What the values of one argument have in common.
 *
 * @module
 */

/** A shape that all values have had. */
export interface Shape {
  /** For a comment: `within ~/src`. */
  readonly words: string;
  /** The condition that holds for them; null for none, since nothing else can be told of them. */
  readonly condition: ((place: string) => string) | null;
  /** A value just outside of it; undefined for none. */
  readonly outside?: unknown;
}

/** Watches values for one shape. */
export interface ShapeWatch {
  /**
   * Takes a value in: a text, a number or a boolean.
   *
   * @returns Whether the shape is still possible; if not, it is not asked again.
   */
  add(value: Scalar, call: WatchedCall): boolean;
  /** The shape of them all; null when it is none after all. */
  shape(): Shape | null;
}

/** A value without parts. */
export type Scalar = string | number | boolean;

/** What a shape may ask of the call that a value belongs to. */
export interface WatchedCall {
  /** Where a path has led. */
  readonly led: (path: string) => string;
}
