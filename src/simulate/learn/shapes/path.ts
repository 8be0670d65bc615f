/**
 * Places in the file system, by the folders that they lie in.
 *
 * @module
 */

import { dirname, isAbsolute, join, relative, sep } from "node:path";
import type { Matcher } from "../../../expr/matcher.ts";
import { isWithin, matchersAt, resolvedNow } from "../../../policy/matchers.ts";
import { isLiteral, type Literal, literal, oneOf } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch, WatchedCall } from "./shape.ts";

/** Entries of a list of folders, and of one of paths that lie in no folder that may be named. */
const MAX_ENTRIES = 8;

/** Parts of a path that a folder has at least, outside of the roots and of the home. */
const LEAST_DEPTH = 2;

/** Watches for folders. */
export class Folders implements ShapeWatch {
  readonly #home: string | undefined;
  readonly #roots: readonly string[];
  readonly #path: Matcher;
  #led: WatchedCall["led"] = (path) => path;
  /** The deepest folder of what was seen below each top folder. */
  readonly #folders = new Map<string, string>();
  /** Paths above every folder that may be named, as they were written. */
  readonly #bare = new Set<Literal>();

  /** @param roots Folders, absolute, above which none is named. */
  constructor(home: string | undefined, roots: readonly string[]) {
    this.#home = home;
    this.#roots = roots;
    const resolving = { resolvesPaths: true, resolved: (path: string) => this.#led(path) };
    this.#path = matchersAt({ cwd: sep, home }, resolving).get("path")!;
  }

  add(value: Scalar, call: WatchedCall): boolean {
    if (typeof value !== "string" || !isWholePath(value) || !isLiteral(value)) return false;
    this.#led = call.led;
    const { values, isSure } = this.#path.read(value, "", { lookups: 0 });
    if (!isSure) return false;
    for (const reading of values.map(String)) {
      const top = this.#topOf(reading);
      if (top === undefined) this.#bare.add(value);
      else {
        const before = this.#folders.get(top);
        this.#folders.set(top, before === undefined ? reading : shared(before, reading));
      }
    }
    return this.#folders.size <= MAX_ENTRIES && this.#bare.size <= MAX_ENTRIES;
  }

  shape(): Shape | null {
    const all = [...this.#folders.values()].sort();
    const folders = all.filter((folder) => !all.some((other) => leadsInto(other, folder)))
      .map((folder) => this.#named(folder));
    const bare = [...this.#bare].sort();
    if (!folders.every(isLiteral)) return null;
    const within = folders.length === 1
      ? literal(folders[0]!)
      : `[${folders.map(literal).join(", ")}]`;
    const words = folders.length > 0 ? [`within ${folders.join(", ")}`] : [];
    return {
      words: [...words, ...bare.map((path) => literal(path))].join(", "),
      condition: (place) => {
        const inside = `path(${place}) within ${within}`;
        if (bare.length === 0) return inside;
        const named = oneOf(place, bare);
        return folders.length === 0 ? named : `(${inside} or ${named})`;
      },
      outside: `${folders[0] ?? join(sep, "never-seen")}-elsewhere/file`,
    };
  }

  /** The root that a path lies in, or the folder of the home, or the first parts of it. */
  #topOf(path: string): string | undefined {
    const root = this.#roots.filter((root) => isWithin(path, root))
      .sort((a, b) => b.length - a.length)[0];
    if (root !== undefined) return root;
    const home = this.#home;
    if (home !== undefined && isWithin(path, home)) {
      const [child] = relative(home, path).split(sep);
      return child === undefined || child === "" ? undefined : join(home, child);
    }
    const parts = path.split(sep).filter((part) => part !== "");
    if (parts.length < LEAST_DEPTH || home !== undefined && isWithin(home, path)) return undefined;
    return join(sep, ...parts.slice(0, LEAST_DEPTH));
  }

  #named(folder: string): string {
    const home = this.#home;
    return home !== undefined && isWithin(folder, home)
      ? `~/${relative(home, folder).split(sep).join("/")}`
      : folder;
  }
}

/** Whether a text says by itself which place it means. */
function isWholePath(text: string): boolean {
  return isAbsolute(text) || /^~(\/|$)/.test(text);
}

/** The deepest folder that holds both. */
function shared(one: string, other: string): string {
  let folder = one;
  while (!isWithin(other, folder)) folder = dirname(folder);
  return folder;
}

/** Whether a folder is another one by a link, or lies in where that leads. */
function leadsInto(link: string, folder: string): boolean {
  const real = resolvedNow(link);
  return link !== folder && real !== link && isWithin(folder, real);
}
