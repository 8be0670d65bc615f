/**
 * Names that a condition can ask about: a table that the caller gives.
 *
 * @module
 */

import type { Path } from "./ast.ts";

/** Type of a root's value, known before there is one. `json`: anything that JSON can hold. */
export type RootType = "json" | "string" | "number" | "boolean";

/** A name that conditions may use, such as `time.hour`, and the way to its value. */
export interface Root<E> {
  /** The name's parts: `["time", "hour"]`. */
  readonly path: readonly string[];
  readonly type: RootType;
  /**
   * Gives the value: undefined when there is none, else of the named type. It is called only when
   * the condition comes to ask, and once for every place that asks.
   */
  readonly read: (env: E) => unknown;
  /** Reason why this condition must not ask for it, in a sentence without a full stop. */
  readonly refusal?: string;
}

/** The root that a path begins with, or undefined. */
export function rootOf<E>(path: Path, roots: readonly Root<E>[]): Root<E> | undefined {
  return roots.find((root) => root.path.every((name, i) => path.segments[i] === name));
}
