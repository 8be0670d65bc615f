/**
 * Places in a TOML document, by the keys that lead there.
 *
 * @module
 */

/** The way to a value: keys, and indices into arrays. */
export type TomlPath = readonly (string | number)[];

/** One half of `key = value`. */
export type TomlPart = "key" | "value";
