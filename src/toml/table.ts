/**
 * Reads a TOML table key by key into typed values, and notes whatever is not as it should be.
 *
 * @module
 */

import type { TomlPart, TomlPath } from "./path.ts";
import type { TomlProblem, TomlTable } from "./toml.ts";

/** Details that a problem may have besides its place and its message. */
export type ProblemDetail = Pick<TomlProblem, "guess" | "offset">;

/** Both ends belong to the range. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * One table of a document. Each method reads a key: its value, or undefined when it is absent or
 * wrong, and then the problem is noted. A key that no method asked for is unknown.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { TomlProblem } from "./toml.ts";
 *
 * const problems: TomlProblem[] = [];
 * const table = new TableReader({ port: "x", prot: 1n }, problems);
 * assert.equal(table.integer("port", { min: 1, max: 65_535 }), undefined);
 * table.noteUnknownKeys();
 * assert.deepEqual(problems.map(({ message }) => message), [
 *   'port must be an integer, not the string "x"',
 *   'unknown key "prot"',
 * ]);
 * ```
 */
export class TableReader {
  readonly #asked = new Set<string>();
  readonly #tables: TableReader[] = [];

  /**
   * @param table The values, or undefined for a table that the file leaves out.
   * @param problems List that problems are added to.
   * @param path The way to the table; empty for the document itself.
   */
  constructor(
    private readonly table: TomlTable | undefined,
    private readonly problems: TomlProblem[],
    readonly path: TomlPath = [],
  ) {}

  /** A text; never empty, since an empty path or key is always a mistake. */
  string(key: string): string | undefined {
    return this.#read(key, "a string", asString, (text) => text === "" ? "must not be empty" : "");
  }

  /** A text that may be empty. */
  text(key: string): string | undefined {
    return this.#read(key, "a string", asString);
  }

  /** One text or a list of them, as a list. */
  strings(key: string): readonly string[] | undefined {
    return this.#read(key, "a string or a list of nothing but strings", asStrings, (list) => {
      return list.includes("") ? "must not be empty" : "";
    });
  }

  /** A list of texts, which may be empty. */
  list(key: string): readonly string[] | undefined {
    return this.#read(key, "a list of strings", (value) => {
      return Array.isArray(value) && value.length === 0 ? [] : asStrings(value);
    });
  }

  boolean(key: string): boolean | undefined {
    return this.#read(key, "true or false", (value) => {
      return typeof value === "boolean" ? value : undefined;
    });
  }

  integer(key: string, range: Range): number | undefined {
    return this.#read(key, "an integer", asInteger, outside(range));
  }

  /** An integer or a fraction. */
  number(key: string, range: Range): number | undefined {
    return this.#read(key, "a number", asNumber, outside(range));
  }

  /** One of a few words. */
  word<const W extends string>(key: string, words: readonly W[]): W | undefined {
    const text = this.#read(key, `one of ${quoted(words)}`, asString);
    if (text === undefined || words.some((word) => word === text)) return text as W | undefined;
    this.problem([key], "value", `${key} must be one of ${quoted(words)}, not ${show(text)}`, {
      guess: { typed: text, words },
    });
    return undefined;
  }

  /** A table inside this one; when it is absent, a reader that finds nothing in it. */
  subtable(key: string): TableReader {
    const table = this.#read(key, "a table", asTable);
    const reader = new TableReader(table, this.problems, [...this.path, key]);
    this.#tables.push(reader);
    return reader;
  }

  /** The tables of a list, `[[key]]`; none when it is absent. */
  tables(key: string): readonly TableReader[] {
    const list = this.#read(key, `a list of tables ([[${key}]])`, asTables) ?? [];
    const readers = list.map((table, index) =>
      new TableReader(table, this.problems, [...this.path, key, index])
    );
    this.#tables.push(...readers);
    return readers;
  }

  /** Any value, as JSON would have it: integers are numbers, dates are texts. */
  json(key: string): unknown {
    return this.#read(key, "a value", asJson);
  }

  /** A table of any values, as {@link json}. */
  jsonTable(key: string): Readonly<Record<string, unknown>> | undefined {
    return this.#read(key, "a table", asTable) && asJson(this.table![key]) as TomlTable;
  }

  /** Takes the keys that were not asked for as known: nobody can say what they mean. */
  ignoreRest(): void {
    for (const key of Object.keys(this.table ?? {})) this.#asked.add(key);
  }

  /** Notes a key that must be there and is not. */
  missing(key: string, what: string): void {
    if (this.table !== undefined && Object.hasOwn(this.table, key)) return;
    this.problem([], "key", `${what} needs the key ${show(key)}`);
  }

  /** Notes a problem with a value of this table. */
  problem(path: TomlPath, part: TomlPart, message: string, more: ProblemDetail = {}): void {
    this.problems.push({ path: [...this.path, ...path], part, message, ...more });
  }

  /** Notes the keys, here and in the tables inside, that nothing asked for. Call it on the root. */
  noteUnknownKeys(root: TableReader = this): void {
    for (const key of Object.keys(this.table ?? {})) {
      if (!this.#asked.has(key)) this.#noteUnknown(key, root);
    }
    for (const table of this.#tables) table.noteUnknownKeys(root);
  }

  #noteUnknown(key: string, root: TableReader): void {
    // A key below the wrong header is TOML's commonest trap: say where it belongs.
    const home = [root, ...root.#tables].find((table) => table.#asked.has(key));
    if (home) {
      const name = home.path.join(".");
      const place = name === "" ? "before the first [table] of the file" : `in [${name}]`;
      this.problem([key], "key", `${show(key)} does not belong here but ${place}`);
    } else {
      const words = [...this.#asked];
      this.problem([key], "key", `unknown key ${show(key)}`, { guess: { typed: key, words } });
    }
  }

  #read<T>(
    key: string,
    wanted: string,
    convert: (value: unknown) => T | undefined,
    fault: (value: T) => string = () => "",
  ): T | undefined {
    this.#asked.add(key);
    if (this.table === undefined || !Object.hasOwn(this.table, key)) return undefined;
    const raw = this.table[key];
    const value = convert(raw);
    const wrong = value === undefined ? `must be ${wanted}, not ${describe(raw)}` : fault(value);
    if (wrong === "") return value;
    this.problem([key], "value", `${key} ${wrong}`);
    return undefined;
  }
}

const asString = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

function asStrings(value: unknown): readonly string[] | undefined {
  const list = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((item) => typeof item === "string") ? list : undefined;
}

const asInteger = (value: unknown): number | undefined =>
  typeof value === "bigint" ? Number(value) : undefined;

const asNumber = (value: unknown): number | undefined =>
  typeof value === "number" ? value : asInteger(value);

function asTable(value: unknown): TomlTable | undefined {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
  return isTable ? value as TomlTable : undefined;
}

function asTables(value: unknown): readonly TomlTable[] | undefined {
  if (!Array.isArray(value) || !value.every((item) => asTable(item) !== undefined)) {
    return undefined;
  }
  return value;
}

function asJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(asJson);
  const table = asTable(value);
  if (table === undefined) return value;
  return Object.fromEntries(Object.entries(table).map(([key, item]) => [key, asJson(item)]));
}

/** NaN lies outside every range. */
const outside = ({ min, max }: Range) => (value: number): string =>
  value >= min && value <= max ? "" : `must be from ${min} to ${max}, not ${value}`;

function describe(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `the integer ${value}`;
    case "number":
      return `the number ${value}`;
    case "boolean":
      return `${value}`;
    case "string":
      return `the string ${show(value)}`;
  }
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return asTable(value) ? "a table" : "a date";
}

const show = (text: string): string => JSON.stringify(text);

const quoted = (words: readonly string[]): string => words.map(show).join(", ");
