/**
 * Scalars taken for one another: the number or the boolean that a string spells, the text of a number.
 *
 * Servers are lenient: JavaScript's `Number("0x16")`, Python's `int(" 9 ")`, pydantic's lax mode
 * (https://docs.pydantic.dev/latest/concepts/conversion_table/). What any of them would take is tried
 * here; it makes an answer "partly", never "true".
 *
 * @module
 */

/** A JSON value that holds no others. */
export type Scalar = string | number | boolean | null;

/** Orders in which one value may stand to another; joined by `|`, several of them. */
export const LESS = 1, EQUAL = 2, GREATER = 4;

const YES: ReadonlySet<unknown> = new Set([true, 1, "1", "true", "t", "yes", "y", "on"]);
const NO: ReadonlySet<unknown> = new Set([false, 0, "0", "false", "f", "no", "n", "off"]);

/** The text of a scalar: a string itself, or the JSON text of anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

/** Whether two scalars of different types may be taken for the same. */
export function mayEqual(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other) || numberIn(one) === numberIn(other) ||
    (typeof one === "boolean" || typeof other === "boolean") && sameTruth(one, other);
}

/** Whether a scalar of another type may be taken to stand in one of these orders to a constant. */
export function mayStand(one: unknown, orders: number, other: unknown): boolean {
  if (one === null || other === null) return false;
  return (orderOf(numberIn(one), numberIn(other)) & orders) !== 0 ||
    typeof other === "string" && (orderOf(textOf(one), other) & orders) !== 0;
}

/**
 * Compares two values of one type: numbers by size, strings by code units.
 *
 * @returns One of the orders, or 0 where a side is NaN, which has none.
 */
export function orderOf<T extends string | number>(one: T, other: T): number {
  return one < other ? LESS : one > other ? GREATER : one === other ? EQUAL : 0;
}

/**
 * The number that a scalar may be taken for, or NaN: decimal, hexadecimal, octal or binary, with
 * blanks around and underscores inside, with something behind it (`22abc`); a boolean as 1 or 0.
 */
function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return NaN;
  const text = value.trim().replaceAll("_", "");
  if (text === "") return NaN;
  const whole = Number(text);
  return Number.isNaN(whole) ? Number.parseFloat(text) : whole;
}

function sameTruth(one: unknown, other: unknown): boolean {
  const a = folded(one), b = folded(other);
  return YES.has(a) && YES.has(b) || NO.has(a) && NO.has(b);
}

/** The longest word that spells a boolean has five letters; blanks may stand around it. */
function folded(value: unknown): unknown {
  return typeof value === "string" ? value.trim().toLowerCase() : value;
}
