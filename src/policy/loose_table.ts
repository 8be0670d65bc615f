/**
 * Reads a table of a format that others have made: keys in any case, one value or a list of them, and
 * what is unknown is a warning.
 *
 * @module
 */

import type { TomlPart, TomlPath } from "../toml/path.ts";
import type { TomlProblem, TomlTable } from "../toml/toml.ts";

/** What there is to say of a file. */
export class Notes {
  /** With one of these, it does not load. */
  readonly problems: TomlProblem[] = [];
  /** Things that load, and will not do what they say. */
  readonly warnings: TomlProblem[] = [];
}

/** One table; each method reads a key, and notes a value of the wrong type. */
export class LooseTable {
  readonly #asked = new Set<string>();
  readonly #tables: LooseTable[] = [];

  constructor(
    readonly table: TomlTable,
    readonly notes: Notes,
    readonly path: TomlPath = [],
  ) {}

  /** A text; undefined when it is empty, which means the same. */
  string(key: string): string | undefined {
    const text = this.#read(key, "a string", (value) => typeof value === "string");
    return text === "" ? undefined : text as string | undefined;
  }

  boolean(key: string): boolean {
    return this.#read(key, "true or false", (value) => typeof value === "boolean") === true;
  }

  /** A number; 0 when it is absent. */
  number(key: string): number {
    return Number(this.#read(key, "a number of 0 or more", isNumber) ?? 0);
  }

  /** A whole number; 0 when it is absent. */
  integer(key: string): number {
    return Number(
      this.#read(key, "an integer of 0 or more", (value) => {
        return typeof value === "bigint" && value >= 0n;
      }) ?? 0,
    );
  }

  /** A text, or a list of texts. */
  strings(key: string): readonly string[] {
    const value = this.#read(key, "a list of strings", (value) => {
      return listOf(value).every((item) => typeof item === "string");
    });
    return listOf(value) as readonly string[];
  }

  /** A table, or a list of tables. */
  tables(key: string): readonly LooseTable[] {
    const value = this.#read(key, "a table or a list of tables", (value) => {
      return listOf(value).every(isTable);
    });
    const at = [...this.path, this.#spelled(key)];
    const tables = listOf(value).map((table, index) =>
      new LooseTable(table as TomlTable, this.notes, Array.isArray(value) ? [...at, index] : at)
    );
    this.#tables.push(...tables);
    return tables;
  }

  /** Whether a key is there, whatever its value. */
  has(key: string): boolean {
    return Object.hasOwn(this.table, this.#spelled(key));
  }

  /** Takes keys as known that have no meaning here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#asked.add(this.#spelled(key));
  }

  /** Takes all keys as known. */
  ignoreRest(): void {
    this.ignore(...Object.keys(this.table));
  }

  problem(key: string | null, message: string, more: { part?: TomlPart; offset?: number } = {}) {
    this.notes.problems.push(this.#note(key, message, more));
  }

  warning(key: string | null, message: string): void {
    this.notes.warnings.push(this.#note(key, message, { part: "key" }));
  }

  /** Warns of the keys, here and in the tables inside, that nothing asked for. Call it on the root. */
  warnOfUnknownKeys(): void {
    for (const key of Object.keys(this.table)) {
      if (!this.#asked.has(key)) this.warning(key, `unknown key ${JSON.stringify(key)}`);
    }
    for (const table of this.#tables) table.warnOfUnknownKeys();
  }

  /** The way to a value, by keys as the file spells them. */
  pathTo(key: string): TomlPath {
    return [...this.path, this.#spelled(key)];
  }

  #note(
    key: string | null,
    message: string,
    { part = "value", offset }: { part?: TomlPart; offset?: number },
  ): TomlProblem {
    const path = key === null ? this.path : this.pathTo(key);
    return {
      ...{ path, part: key === null ? "key" : part, message },
      ...(offset === undefined ? {} : { offset }),
    };
  }

  #spelled(key: string): string {
    if (Object.hasOwn(this.table, key)) return key;
    const low = key.toLowerCase();
    return Object.keys(this.table).find((name) => name.toLowerCase() === low) ?? key;
  }

  #read(key: string, wanted: string, fits: (value: unknown) => boolean): unknown {
    const name = this.#spelled(key);
    this.#asked.add(name);
    const value = Object.hasOwn(this.table, name) ? this.table[name] : undefined;
    if (value === undefined || fits(value)) return value;
    this.problem(key, `${name} must be ${wanted}`);
    return undefined;
  }
}

const isNumber = (value: unknown): boolean =>
  (typeof value === "number" || typeof value === "bigint") && value >= 0;

const isTable = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
