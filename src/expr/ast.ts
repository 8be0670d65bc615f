/**
 * The tree that the parser makes of a condition.
 *
 * @module
 */

import type { OperatorName } from "./operators.ts";
import type { Span } from "./span.ts";

/** `a or b or c`, `a and b and c`. */
export interface Junction extends Span {
  readonly kind: "or" | "and";
  readonly operands: readonly Node[];
}

/** `not a`, `!a`. */
export interface Negation extends Span {
  readonly kind: "not";
  readonly operand: Node;
}

/** `a == b` and its kin. */
export interface Comparison extends Span {
  readonly kind: "compare";
  readonly operator: OperatorName;
  readonly left: Node;
  readonly right: Node;
}

/** `exists(path)`. */
export interface Existence extends Span {
  readonly kind: "exists";
  readonly path: Path;
}

/** `len(value)`. */
export interface Length extends Span {
  readonly kind: "len";
  readonly operand: Node;
}

/** `path(arguments.file)`, `url(arguments.url).host`: a value read as what it is. */
export interface Call extends Span {
  readonly kind: "call";
  readonly name: string;
  readonly path: Path;
  /** Empty for none. */
  readonly member: string;
}

/** `arguments.files[0]["a name"]`: a name or key as a string, a position in a list as a number. */
export interface Path extends Span {
  readonly kind: "path";
  readonly segments: readonly (string | number)[];
}

/** A string, a number, `true`, `false` or `null`. */
export interface Literal extends Span {
  readonly kind: "literal";
  readonly value: string | number | boolean | null;
}

/** `[1, 2, 3]`. */
export interface List extends Span {
  readonly kind: "list";
  readonly items: readonly Literal[];
  /** What stands for it in the condition: `lists.hosts`. */
  readonly name?: string;
}

/** Any node. Which may stand where is the checker's business; the parser takes them as they come. */
export type Node =
  | Junction
  | Negation
  | Comparison
  | Existence
  | Length
  | Call
  | Path
  | Literal
  | List;
