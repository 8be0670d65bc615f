/**
 * `path(x)`: a text read as the place in the file system that a server would make of it.
 *
 * A rule over the text alone is talked round by `..`, by links, by `%2e` or by `~`. So a text has as many
 * readings as there are servers: made absolute and tidied, and as the file system resolves it now, each
 * also with `~` as the home, with `\` as a separator, with `%2e` decoded, as a `file:` address, and
 * without blanks and quotes around it.
 * Between this and the server's own look a link can change.
 *
 * @module
 */

import { basename, dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import type { Matcher } from "../expr/matcher.ts";

/** Bounds of one text, and of the texts of one comparison that are looked for. */
const BOUNDS = Object.freeze({ chars: 4096, readings: 64, lookups: 64 });

/**
 * What only a shell or a program can fill in: `$HOME`, `%APPDATA%`, `~root`; what ends a text in C; and
 * what is left of bytes that are no UTF-8, which may be read as anything.
 */
const UNKNOWN = /[$\0\ufffd]|%[A-Za-z_][A-Za-z0-9_]*%|^~[^/\\]/;

/** Surroundings of a server. */
export interface PathPlaces {
  /** Its working directory. */
  readonly cwd: string;
  /** Undefined when nobody knows. */
  readonly home: string | undefined;
  /** Whether the file system knows no case. */
  readonly isCaseless: boolean;
  /** Whether it is asked where a path leads; else its text alone counts. */
  readonly resolvesPaths: boolean;
  /**
   * Where an absolute path leads, links followed, that is `//`, `.` and `..` as it came; by default, what
   * the file system says now.
   */
  readonly resolved?: (path: string) => string;
}

/** Makes the matcher. */
export function pathMatcher(places: PathPlaces): Matcher {
  const led = places.resolved ?? remembered(resolved);
  const fold = (path: string) => places.isCaseless ? folded(path) : path;
  const read = (text: string, spent: { lookups: number }) => {
    const variants = variantsOf(text, places), paths = new Set<string>();
    let isSure = variants.length <= BOUNDS.readings &&
      !variants.some((variant) => UNKNOWN.test(variant));
    for (const variant of variants.slice(0, BOUNDS.readings)) {
      paths.add(fold(resolve(places.cwd, variant)));
      if (!places.resolvesPaths) continue;
      if (++spent.lookups > BOUNDS.lookups) {
        isSure = false;
        continue;
      }
      paths.add(fold(led(isAbsolute(variant) ? variant : `${places.cwd}${sep}${variant}`)));
    }
    return { paths: [...paths], isSure };
  };
  return {
    members: { "": "path", name: "string", extension: "string" },
    read(text, member, spent) {
      const start = text.slice(0, BOUNDS.chars);
      const { paths, isSure } = read(start, spent);
      const part = member === "name" ? basename : member === "extension" ? extname : String;
      return { values: paths.map((path) => part(path)), isSure: isSure && start === text };
    },
    directories(text) {
      if (!/^(\/|~\/|\.\/|~$|\.$|[A-Za-z]:[\\/])/.test(text)) return null;
      const expanded = text.startsWith("~") ? homed(text, places) ?? text : text;
      const whole = resolve(places.cwd, expanded);
      return [...new Set([fold(whole), ...places.resolvesPaths ? [fold(resolved(whole))] : []])];
    },
    isWithin,
  };
}

/** Whether a path is a directory or lies in it; both are absolute and tidy. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory ||
    path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
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
    (text) => /^[\s"'`]|[\s"'`]$/.test(text) ? text.replace(/^[\s"'`]+|[\s"'`]+$/g, "") : undefined,
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

/** The text without escapes: what is none stays as it is. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    return utf8.decode(Uint8Array.fromHex(escapes.replaceAll("%", "")));
  });
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The path without what caseless file systems do not tell apart: case, composition, the long s. */
function folded(path: string): string {
  return path.normalize("NFC").toUpperCase().toLowerCase();
}

/** The same function, which asks once for what is asked again before anything else happens. */
export function remembered(led: (path: string) => string): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    let found = known.get(path);
    if (found === undefined) {
      if (known.size === 0) queueMicrotask(() => known.clear());
      known.set(path, found = led(path));
    }
    return found;
  };
}

/** The path without links, as far as there is something: `..` behind a link leads where that leads. */
export function resolved(path: string, links = 0): string {
  const parts = path.split(sep === "\\" ? /[/\\]/ : "/");
  let at = sep === "\\" ? `${parts.shift()}${sep}` : sep;
  // Parts below something that is missing are missing, too.
  let missing = 0;
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = dirname(at);
      missing = Math.max(0, missing - 1);
      continue;
    }
    const next = join(at, part);
    if (missing > 0) {
      at = next;
      missing++;
      continue;
    }
    const real = realPath(next), link = real === null ? linkAt(next) : null;
    if (real === null && link === null) missing++;
    // What a link leads to may be still to come.
    at = real ??
      (link === null || links > MAX_LINKS ? next : resolved(resolve(at, link), links + 1));
  }
  return at;
}

/** Links of one path that are followed by hand; the kernel's own bound. */
const MAX_LINKS = 40;

function linkAt(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null;
  }
}

function realPath(path: string): string | null {
  try {
    return Deno.realPathSync(path);
  } catch {
    return null;
  }
}
