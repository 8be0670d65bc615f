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

/** What the values of a file are understood by. */
export interface SettingsContext {
  /** The config's own folder: relative paths in it start there, wherever the program is run. */
  readonly folder: string;
  readonly env: Environment;
}

/** One key of a table. */
export interface Setting<T> {
  readonly key: string;
  /** What it means, in a few words. */
  readonly text: string;
  /** The value shown to people as TOML: the default, or an example where there is none. */
  readonly example: string;
  /** Whether `init` sets it; else it shows it commented out. */
  readonly isSet: boolean;
  /** Both ends of what a number may be. */
  readonly range?: Range;
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

/** What people are told of a setting, beside its type. */
export interface Told {
  readonly text: string;
  /** The value that `init` writes; without it, the setting is shown commented out. */
  readonly init?: string | number | boolean;
  /** Shown where there is neither a default nor a value for `init`. */
  readonly example?: string | number;
}

/** One of a few words. */
export function word<const W extends string>(
  key: string,
  words: readonly W[],
  byDefault: W,
  told: Told,
): Setting<W> {
  return declare(key, byDefault, told, (table) => table.word(key, words) ?? byDefault);
}

/** True or false. */
export function flag(key: string, byDefault: boolean, told: Told): Setting<boolean> {
  return declare(key, byDefault, told, (table) => table.boolean(key) ?? byDefault);
}

/** A whole number. Without a default, it may be left out. */
export function integer(
  key: string,
  range: Range,
  byDefault: number,
  told: Told,
): Setting<number> {
  const read = (table: TableReader) => table.integer(key, range) ?? byDefault;
  return { ...declare(key, byDefault, told, read), range };
}

/** A whole number that may be left out. */
export function optionalInteger(
  key: string,
  range: Range,
  told: Told,
): Setting<number | undefined> {
  return { ...declare(key, undefined, told, (table) => table.integer(key, range)), range };
}

/** Seconds in the file, fractions allowed where `isWhole` is not set; milliseconds in the program. */
export function seconds(
  key: string,
  range: Range,
  byDefault: number,
  told: Told,
  { isWhole = false } = {},
): Setting<number> {
  const read = (table: TableReader) =>
    1000 * ((isWhole ? table.integer(key, range) : table.number(key, range)) ?? byDefault);
  return { ...declare(key, byDefault, told, read), range };
}

/** A text that may be left out. */
export function optionalText(key: string, told: Told): Setting<string | undefined> {
  return declare(key, undefined, told, (table) => table.string(key));
}

/** A text with `${VARIABLES}`, so that the secret itself need not stand in the file. */
export function secret(key: string, told: Told): Setting<string | undefined> {
  return declare(key, undefined, told, (table, { env }) => {
    const text = table.string(key);
    return text === undefined ? undefined : fillIn(table, [key], text, env);
  });
}

/** A path that may be left out; absolute once it is read. */
export function optionalPath(key: string, told: Told): Setting<string | undefined> {
  return declare(
    key,
    undefined,
    told,
    (table, context) => absolute(table, key, table.string(key), context)[0],
  );
}

/** A path or a list of them; absolute once they are read, none when it is left out. */
export function paths(key: string, told: Told): Setting<readonly string[]> {
  return declare(
    key,
    undefined,
    told,
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

/** Reads all that is declared. */
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
  { text, init, example }: Told,
  read: Setting<T>["read"],
): Setting<T> {
  const shown = init ?? byDefault ?? example ?? "";
  return { key, text, example: JSON.stringify(shown), isSet: init !== undefined, read };
}

/** The paths of one key, absolute. */
function absolute(
  table: TableReader,
  key: string,
  value: string | readonly string[] | undefined,
  { folder, env }: SettingsContext,
): readonly string[] {
  return [value ?? []].flat().map((text, index) => {
    const filled = fillIn(table, [key, index], text, env);
    return resolve(folder, expandTilde(filled, env));
  });
}

/** Fills in variables, and notes those that are not set, or leave nothing. */
function fillIn(
  table: TableReader,
  path: readonly (string | number)[],
  text: string,
  env: Environment,
): string {
  const expanded = expandVariables(text, env);
  for (const name of expanded.unset) {
    table.problem(path, "value", `the environment variable ${name} is not set`);
  }
  if (expanded.text === "") table.problem(path, "value", `${path[0]} is empty: ${text} is empty`);
  return expanded.text;
}
