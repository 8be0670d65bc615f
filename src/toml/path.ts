/**
 * Places in a TOML document, by the keys that lead there.
 *
 * @module
 */

/** The way to a value: keys, and indices into arrays. */
export type TomlPath = readonly (string | number)[];

/** Which half of `key = value` is meant. */
export type TomlPart = "key" | "value";
