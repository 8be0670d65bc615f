/**
 * AgentGate's own files, and whether a text names one of them: an agent that could write its policy, or
 * empty the log, would be bound by neither.
 *
 * It is a guard against naming, not a wall: a script that an agent writes and runs names nothing here.
 *
 * @module
 */

import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { isGlob, namesLike } from "./names.ts";
import { pathWords } from "./path_words.ts";

/** One of AgentGate's files, or its folder. */
export interface OwnPlace {
  /** What a record calls it. */
  readonly what: string;
  readonly path: string;
  /** A folder is all that is inside; a database has companions (`-wal`). */
  readonly kind: "file" | "folder" | "database";
}

/** Options of {@link OwnFiles}. */
export interface OwnFilesOptions {
  readonly places: readonly OwnPlace[];
  /** Folders that relative paths may begin in: the working folder, the home folder. */
  readonly bases: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Texts longer than this are contents rather than paths: they are not followed through links. */
export const MAX_LINKED_CHARS = 4096;

/** Paths of one call that are followed through links; a call with more is taken to name ours. */
export const MAX_LINKED_PATHS = 2000;

/** A place, with its parts folded to one case. */
type FoldedPlace = Pick<OwnPlace, "what" | "kind"> & { readonly parts: readonly string[] };

/** Answers what a call names. */
export class OwnFiles {
  readonly #bases: readonly string[];
  readonly #env: OwnFilesOptions["env"];
  readonly #places: readonly FoldedPlace[];
  /** Matches the name of any of the places. */
  readonly #names: RegExp;
  /** Matches whatever may lead to one of the places; most texts of calls have nothing of it. */
  readonly #hint: RegExp;
  /** The same for the JSON of such texts, in which a character may be written as an escape. */
  readonly #jsonHint: RegExp;

  constructor({ places, bases, env }: OwnFilesOptions) {
    this.#bases = bases;
    this.#env = env;
    this.#places = places.flatMap(({ what, kind, path }) =>
      [...new Set([path, real(path)])].map((path) => ({ what, kind, parts: partsOf(path) }))
    );
    const last = this.#places.map(({ parts }) => parts.at(-1) ?? "");
    const names = last.map(RegExp.escape).join("|");
    this.#names = new RegExp(names, "i");
    this.#hint = new RegExp(`[/\\\\~$%]|${names}`, "i");
    // Most escapes are of quotes and line breaks, which no name of ours is likely to have.
    const escape = /["\b\f\n\r\t]/.test(last.join("")) ? "\\\\" : '\\\\[^bfnrt"]';
    this.#jsonHint = new RegExp(`[/~$%]|${escape}|${names}`, "i");
  }

  /** Whether a text may lead to one of our files: a quick look. */
  mayName(text: string): boolean {
    return this.#hint.test(text);
  }

  /** Whether the strings of a JSON text may: a quick look, too. */
  mayNameInJson(json: string): boolean {
    return this.#jsonHint.test(json);
  }

  /** The place that a value's strings name first, in words; undefined for none of ours. */
  namedIn(value: unknown): string | undefined {
    let links = 0;
    const follow = (path: string) => ++links > MAX_LINKED_PATHS ? path : real(path);
    const stack = [value];
    while (stack.length > 0) {
      const next = stack.pop();
      if (typeof next === "string") {
        const named = this.mayName(next) ? this.#namedBy(next, follow) : undefined;
        if (named !== undefined) return named;
        const inner = jsonIn(next);
        if (inner !== undefined) stack.push(inner);
      } else if (typeof next === "object" && next !== null) {
        for (const [key, member] of Object.entries(next)) stack.push(key, member);
      }
      if (links > MAX_LINKED_PATHS) return `more than ${MAX_LINKED_PATHS} paths`;
    }
    return undefined;
  }

  #namedBy(text: string, follow: (path: string) => string): string | undefined {
    const isContent = text.length > MAX_LINKED_CHARS;
    if (isContent && !this.#names.test(text)) return undefined;
    for (const word of pathWords(text)) {
      if (!this.mayName(word) || word.length > MAX_LINKED_CHARS) continue;
      const path = this.#filled(word), isWhole = isAbsolute(path);
      // Without the name of a place, or a glob for it, only a link can lead there.
      if (this.#names.test(path) || isGlob(path)) {
        const named = this.#spelledBy(path);
        if (named !== undefined) return named;
      }
      if (isContent || isGlob(path) || !isWhole && word !== text) continue;
      const named = this.#placeOf(follow(isWhole ? path : join(this.#bases[0] ?? "/", path)));
      if (named !== undefined) return named;
    }
    return undefined;
  }

  /** A word with `~` and variables filled in. */
  #filled(word: string): string {
    const home = this.#env.HOME ?? this.#env.USERPROFILE ?? "~";
    const path = word
      .replace(
        /^~(\w*)(?=$|[/\\])/,
        (all, user) => user === "" || user === basename(home) ? home : all,
      )
      .replace(
        /\$\{(\w+)[^}]*\}|\$(\w+)|%(\w+)%/g,
        (all, a, b, c) => this.#env[a ?? b ?? c] ?? all,
      );
    return normalize(path);
  }

  #spelledBy(path: string): string | undefined {
    if (isAbsolute(path)) return this.#placeOf(path);
    const parts = partsOf(path);
    return this.#places.find((place) => isFrom(parts, place))?.what ??
      this.#bases.map((base) => this.#placeOf(join(base, path))).find((named) =>
        named !== undefined
      );
  }

  #placeOf(path: string): string | undefined {
    const parts = partsOf(path);
    return this.#places.find((place) => isAt(parts, place.parts, place.kind))?.what;
  }
}

/** Whether a path, part by part, is a place or inside a folder. */
function isAt(
  parts: readonly string[],
  own: readonly string[],
  kind: OwnPlace["kind"],
): boolean {
  if (parts.length < own.length || kind !== "folder" && parts.length > own.length) return false;
  return own.every((name, i) => {
    const part = parts[i]!, isLast = i === own.length - 1;
    if (kind === "database" && isLast && /^[-.]/.test(part.slice(name.length))) {
      return part.startsWith(name);
    }
    return isNamed(part, name);
  });
}

/**
 * Whether a relative path leads to a place from a folder on the way to it, which a server may be in.
 * One part alone says so only of a folder that is called after us.
 */
function isFrom(parts: readonly string[], { parts: own, kind }: FoldedPlace): boolean {
  const isOurs = kind === "folder" && own.at(-1)!.includes("agentgate");
  for (let from = 1; from < own.length - (isOurs ? 0 : 1); from++) {
    if (isAt(parts, own.slice(from), kind)) return true;
  }
  return false;
}

/** Whether a part of a path, perhaps a glob, stands for a name. */
function isNamed(part: string, name: string): boolean {
  if (part === name) return true;
  // A shell's star does not stand for a dot at the beginning.
  if (!isGlob(part) || name.startsWith(".") && /^[*?[]/.test(part)) return false;
  // One without a letter is for everything there is, and names nothing.
  if (!/\w/.test(part)) return false;
  try {
    return namesLike([part])(name);
  } catch {
    return false;
  }
}

/** The parts of a path, folded: some file systems tell neither case nor composition apart. */
function partsOf(path: string): string[] {
  return path.normalize("NFC").toLowerCase().split(/[/\\]+/).filter((part) => part !== "");
}

/** The path behind all links, as far as it exists. */
function real(path: string): string {
  for (let rest = "", at = path;; rest = join(basename(at), rest), at = dirname(at)) {
    try {
      return join(Deno.realPathSync(at), rest);
    } catch {
      if (dirname(at) === at) return path;
    }
  }
}

/** The value of a string that is a JSON object or list. */
function jsonIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
