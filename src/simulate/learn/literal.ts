/**
 * Values as conditions and TOML write them.
 *
 * @module
 */

/** A value that a condition can name. */
export type Literal = string | number | boolean;

/** Characters of a text that a condition may name; a longer one says little. */
const MAX_CHARS = 256;

/** Half of a pair, which no file can hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What a reader of the file would not see as it is: control characters, and marks that turn the writing. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Whether a condition can name the value, so that it means nothing else. */
export function isLiteral(value: unknown): value is Literal {
  if (typeof value === "string") return value.length <= MAX_CHARS && !LONE_SURROGATE.test(value);
  if (typeof value === "boolean") return true;
  return typeof value === "number" &&
    (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value));
}

/** The literal of a condition. */
export function literal(value: Literal): string {
  if (typeof value !== "string") return String(value);
  return value.includes("'") || value.search(UNSEEN) >= 0 ? quoted(value) : `'${value}'`;
}

/** A list of them; one alone is compared as what it is. */
export function oneOf(place: string, values: readonly Literal[]): string {
  return values.length === 1
    ? `${place} == ${literal(values[0]!)}`
    : `${place} in [${values.map(literal).join(", ")}]`;
}

/** The argument, or the member of one, with these keys: `arguments.path`. */
export function placeOf(keys: readonly string[]): string {
  const step = (key: string) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${quoted(key)}]`;
  return `arguments${keys.map(step).join("")}`;
}

/** A text in double quotes, as JSON and TOML both read it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNSEEN,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A value as TOML writes it on one line; undefined for one that it cannot hold. */
export function inlineToml(value: unknown): string | undefined {
  if (typeof value === "string") return LONE_SURROGATE.test(value) ? undefined : quoted(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return isLiteral(value) ? String(value) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const members = Object.entries(value).map(([key, member]) => {
    const [name, text] = [inlineToml(key), inlineToml(member)];
    return name === undefined || text === undefined
      ? undefined
      : Array.isArray(value)
      ? text
      : `${/^[A-Za-z0-9_-]+$/.test(key) ? key : name} = ${text}`;
  });
  if (members.includes(undefined)) return undefined;
  if (Array.isArray(value)) return `[${members.join(", ")}]`;
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** A text of several lines as TOML writes it. */
export function tomlLines(text: string): string {
  if (!text.includes("'''")) return `'''\n${text}\n'''`;
  return `"""\n${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}\n"""`;
}
