/**
 * `path(x)`: a text read as the place in the file system that a server would make of it.
 *
 * A rule over the text alone is talked round by `..`, by links, by `%2e` or by `~`. So a text has as many
 * readings as there are servers: made absolute and tidied, and as the file system resolves it now, each
 * also with `~` as the home, with `\` as a separator, with `%2e` decoded, and as a `file:` address.
 * Between this and the server's own look a link can change.
 *
 * @module
 */

import { basename, dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import type { Matcher, Reading } from "../expr/matcher.ts";

/** Bounds of one text. */
const BOUNDS = Object.freeze({ chars: 4096, readings: 64 });

/** What only a shell or a program can fill in: `$HOME`, `%APPDATA%`; and what ends a text in C. */
const UNKNOWN = /[$\0]|%[A-Za-z_][A-Za-z0-9_]*%/;

/** Surroundings of a server. */
export interface PathPlaces {
  /** Its working directory. */
  readonly cwd: string;
  /** Undefined when nobody knows. */
  readonly home: string | undefined;
  /** Whether the file system knows no case. */
  readonly isCaseless: boolean;
}

/** Makes the matcher. */
export function pathMatcher(places: PathPlaces): Matcher {
  const fold = (path: string) => places.isCaseless ? path.toLowerCase() : path;
  const read = (text: string): Reading => {
    const variants = variantsOf(text, places), paths = new Set<string>();
    for (const variant of variants.slice(0, BOUNDS.readings)) {
      paths.add(fold(resolve(places.cwd, variant)));
      paths.add(fold(resolved(isAbsolute(variant) ? variant : `${places.cwd}${sep}${variant}`)));
    }
    const isSure = !UNKNOWN.test(text) && text.length <= BOUNDS.chars &&
      variants.length <= BOUNDS.readings && !/^~[^/\\]/.test(text);
    return { values: [...paths], isSure };
  };
  return {
    members: { "": "path", name: "string", extension: "string" },
    read(text, member) {
      const { values, isSure } = read(text.slice(0, BOUNDS.chars));
      const part = member === "name" ? basename : member === "extension" ? extname : String;
      const isWhole = text.length <= BOUNDS.chars;
      return { values: values.map((path) => part(String(path))), isSure: isSure && isWhole };
    },
    directories(text) {
      if (!/^(\/|~\/|\.\/|~$|\.$|[A-Za-z]:[\\/])/.test(text)) return null;
      const expanded = text.startsWith("~") ? homed(text, places) ?? text : text;
      const whole = resolve(places.cwd, expanded);
      return [...new Set([fold(whole), fold(resolved(whole))])];
    },
    isWithin: (path, directory) =>
      path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep),
  };
}

/** The text, and what lenient servers take it for. */
function variantsOf(text: string, places: PathPlaces): string[] {
  const changes: readonly ((text: string) => string | undefined)[] = [
    (text) =>
      /^file:/i.test(text) && URL.canParse(text) ? decoded(new URL(text).pathname) : undefined,
    // Not everybody reads an address as one: some take off its beginning.
    (text) => /^file:/i.test(text) ? text.replace(/^file:(\/\/[^/\\]*)?/i, "") : undefined,
    (text) => /%[0-9a-f]{2}/i.test(text) ? decoded(text) : undefined,
    (text) => text.includes("\\") ? text.replaceAll("\\", "/") : undefined,
    (text) => /^~(?=$|\/)/.test(text) ? homed(text, places) : undefined,
  ];
  const all = new Set([text]);
  // Each may uncover another: a text that was encoded twice is decoded twice.
  for (const one of all) {
    for (const change of changes) {
      const changed = change(one);
      if (changed !== undefined && all.size <= BOUNDS.readings) all.add(changed);
    }
  }
  return [...all];
}

function homed(text: string, { home }: PathPlaces): string | undefined {
  return home === undefined ? undefined : join(home, text.slice(1));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The path without links, as far as there is something: `..` behind a link leads where that leads. */
function resolved(path: string): string {
  const parts = path.split(/[/\\]/.test(sep) && sep === "\\" ? /[/\\]/ : "/");
  let at = sep === "\\" ? `${parts.shift()}${sep}` : sep;
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = dirname(at);
      continue;
    }
    // What is missing may be left again by `..`: each part is tried.
    const next = join(at, part);
    at = realPath(next) ?? next;
  }
  return at;
}

function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}
