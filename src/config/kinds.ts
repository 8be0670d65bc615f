/**
 * Kinds of settings. A setting is declared once: its key, type, default, range and meaning; reading it
 * and the text that people see of it follow.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Range, TableReader } from "../toml/table.ts";
import { expandTilde, expandVariables } from "./expand.ts";
import type { Environment } from "./home.ts";

/** Facts by which the values of a file are understood. */
export interface SettingsContext {
  /** The config's own folder: relative paths in it start there, wherever the program is run. */
  readonly folder: string;
  readonly env: Environment;
}

/** One key of a table. */
export interface Setting<T> {
  readonly key: string;
  /** Meaning, in a few words. */
  readonly text: string;
  /** The value shown to people as TOML: the default, or an example where there is none. */
  readonly example: string;
  /** Whether `init` sets it; else it shows it commented out. */
  readonly isSet: boolean;
  /** The default as TOML; null for none. */
  readonly byDefault: string | null;
  /** Whether its value is shown to nobody. */
  readonly isSecret: boolean;
  /** The value in a file, or the default; what is wrong with it is noted in the reader. */
  read(table: TableReader, context: SettingsContext): T;
}

/** A table of settings, by the names that the program knows them by. */
export interface Section<T extends Settings = Settings> {
  readonly key: string;
  readonly text: string;
  readonly settings: T;
}

/** Settings by the names that the program knows them by. */
export type Settings = Readonly<Record<string, Setting<unknown> | Section>>;

/** The values of declared settings. */
export type ValuesOf<T extends Settings> = {
  readonly [Name in keyof T]: T[Name] extends Setting<infer Value> ? Value
    : T[Name] extends Section<infer Inner> ? ValuesOf<Inner>
    : never;
};

/** Words for people about a setting, besides its type. */
export interface Words {
  readonly text: string;
  /** The value that `init` writes; without it, the setting is shown commented out. */
  readonly init?: string | number | boolean;
  /** Shown where there is neither a default nor a value for `init`. */
  readonly example?: string | number | boolean;
}

/** One of a few words. */
export function word<const W extends string>(
  key: string,
  choices: readonly W[],
  byDefault: W,
  words: Words,
): Setting<W> {
  return declare(key, byDefault, words, (table) => table.word(key, choices) ?? byDefault);
}

/** True or false. */
export function flag(key: string, byDefault: boolean, words: Words): Setting<boolean> {
  return declare(key, byDefault, words, (table) => table.boolean(key) ?? byDefault);
}

/** True or false, or left out: what follows then is decided elsewhere. */
export function optionalFlag(key: string, words: Words): Setting<boolean | undefined> {
  return declare(key, undefined, words, (table) => table.boolean(key));
}

/** A whole number. */
export function integer(
  key: string,
  range: Range,
  byDefault: number,
  words: Words,
): Setting<number> {
  return declare(key, byDefault, words, (table) => table.integer(key, range) ?? byDefault);
}

/** A whole number that may be left out. */
export function optionalInteger(
  key: string,
  range: Range,
  words: Words,
): Setting<number | undefined> {
  return declare(key, undefined, words, (table) => table.integer(key, range));
}

/** Seconds in the file, fractions allowed where `isWhole` is not set; milliseconds in the program. */
export function seconds(
  key: string,
  range: Range,
  byDefault: number,
  words: Words,
  { isWhole = false } = {},
): Setting<number> {
  const read = (table: TableReader) =>
    1000 * ((isWhole ? table.integer(key, range) : table.number(key, range)) ?? byDefault);
  return declare(key, byDefault, words, read);
}

/** A text. */
export function text(key: string, byDefault: string, words: Words): Setting<string> {
  return declare(key, byDefault, words, (table) => table.string(key) ?? byDefault);
}

/** A text that may be left out. */
export function optionalText(key: string, words: Words): Setting<string | undefined> {
  return declare(key, undefined, words, (table) => table.string(key));
}

/** A text with `${VARIABLES}`, so that the secret itself need not stand in the file. */
export function secret(key: string, words: Words): Setting<string | undefined> {
  const declared = declare(key, undefined, words, (table, { env }) => {
    const text = table.string(key);
    return text === undefined ? undefined : fillIn(table, [key], text, env);
  });
  return { ...declared, isSecret: true };
}

/**
 * An address that may be left out, with `${VARIABLES}` for what is secret in it.
 *
 * @param protocols Those that it may have, each with its colon: `["postgres:"]`.
 */
export function secretAddress(
  key: string,
  protocols: readonly string[],
  words: Words,
): Setting<string | undefined> {
  const text = secret(key, words);
  return {
    ...text,
    read(table, context) {
      const address = text.read(table, context);
      if (address === undefined) return undefined;
      const url = URL.parse(address);
      if (url !== null && url.hostname !== "" && protocols.includes(url.protocol)) return address;
      table.problem([key], "value", `${key} must be an address like ${words.example}`);
      return undefined;
    },
  };
}

/**
 * The same for what one command uses, and gateways do not: where a variable is not set, the text stays as
 * it is written, and `wholeAddress` tells whoever needs it.
 */
export function lateAddress(
  key: string,
  protocols: readonly string[],
  words: Words,
): Setting<string | undefined> {
  const address = secretAddress(key, protocols, words);
  return {
    ...address,
    read(table, context) {
      const text = table.string(key);
      const isWhole = text === undefined || expandVariables(text, context.env).unset.length === 0;
      return isWhole ? address.read(table, context) : text;
    },
  };
}

/** A path that may be left out; absolute once it is read. */
export function optionalPath(key: string, words: Words): Setting<string | undefined> {
  return declare(
    key,
    undefined,
    words,
    (table, context) => absolute(table, key, table.string(key), context)[0],
  );
}

/** A path or a list of them; absolute once they are read, none when it is left out. */
export function paths(key: string, words: Words): Setting<readonly string[]> {
  return declare(
    key,
    undefined,
    words,
    (table, context) => absolute(table, key, table.strings(key), context),
  );
}

/** A `[table]` of settings. */
export function section<const T extends Settings>(
  key: string,
  text: string,
  settings: T,
): Section<T> {
  return { key, text, settings };
}

/**
 * Reads all that is declared.
 *
 * @param table Reader of the settings' table; problems are noted in it.
 * @returns The values under the names of the declarations.
 */
export function readAll<T extends Settings>(
  settings: T,
  table: TableReader,
  context: SettingsContext,
): ValuesOf<T> {
  const values = Object.entries(settings).map(([name, declared]) => [
    name,
    "read" in declared
      ? declared.read(table, context)
      : readAll(declared.settings, table.subtable(declared.key), context),
  ]);
  return Object.fromEntries(values);
}

function declare<T>(
  key: string,
  byDefault: string | number | boolean | undefined,
  { text, init, example }: Words,
  read: Setting<T>["read"],
): Setting<T> {
  const shown = init ?? byDefault ?? example ?? "";
  return {
    ...{ key, text, example: JSON.stringify(shown), isSet: init !== undefined, read },
    byDefault: byDefault === undefined ? null : JSON.stringify(byDefault),
    isSecret: false,
  };
}

/** The paths of one key, absolute. */
function absolute(
  table: TableReader,
  key: string,
  value: string | readonly string[] | undefined,
  { folder, env }: SettingsContext,
): readonly string[] {
  return [value ?? []].flat().flatMap((text, index) => {
    const filled = fillIn(table, [key, index], text, env);
    return filled === undefined ? [] : [resolve(folder, expandTilde(filled, env))];
  });
}

/** Fills in variables; undefined when some are not set, or leave nothing, which is noted. */
function fillIn(
  table: TableReader,
  path: readonly (string | number)[],
  text: string,
  env: Environment,
): string | undefined {
  const expanded = expandVariables(text, env);
  for (const name of expanded.unset) {
    table.problem(path, "value", `the environment variable ${name} is not set`);
  }
  if (expanded.text === "") table.problem(path, "value", `${path[0]} is empty: ${text} is empty`);
  return expanded.unset.length > 0 || expanded.text === "" ? undefined : expanded.text;
}
