/**
 * The functions that conditions read values with.
 *
 * @module
 */

import type { Matcher } from "../expr/matcher.ts";
import { pathMatcher, type PathPlaces } from "../matchers/path_matcher.ts";
import { urlMatcher } from "../matchers/url_matcher.ts";

export { isWithin, resolved as resolvedNow } from "../matchers/path_matcher.ts";

/** Where a server runs. */
export interface ServerPlaces {
  /** Its working folder. */
  readonly cwd: string;
  /** Undefined when nobody knows. */
  readonly home: string | undefined;
}

/** Where this process runs: servers inherit its folder and its home. */
export function placesHere(): ServerPlaces {
  return { cwd: Deno.cwd(), home: Deno.env.get(isWindows ? "USERPROFILE" : "HOME") };
}

/**
 * Makes them for servers that run where this process does.
 *
 * @param resolvesPaths Whether the file system is asked where a path leads.
 */
export function matchersHere(resolvesPaths = true): ReadonlyMap<string, Matcher> {
  return matchersAt(placesHere(), { resolvesPaths });
}

/** Makes them for servers that run elsewhere, or did. */
export function matchersAt(
  places: ServerPlaces,
  resolving: Pick<PathPlaces, "resolvesPaths" | "resolved">,
): ReadonlyMap<string, Matcher> {
  const isCaseless = isWindows || Deno.build.os === "darwin";
  return new Map([
    ["path", pathMatcher({ ...places, ...resolving, isCaseless })],
    ["url", urlMatcher()],
  ]);
}

/** The same with `shell()`, whose parser is large: it is loaded where a condition asks for it. */
export async function withShell(
  matchers: ReadonlyMap<string, Matcher>,
): Promise<ReadonlyMap<string, Matcher>> {
  if (matchers.has(SHELL)) return matchers;
  const { shellMatcher } = await import("../matchers/shell_matcher.ts");
  return new Map([...matchers, [SHELL, shellMatcher()]]);
}

/** Whether a condition may ask for `shell()`. */
export function mayAskShell(condition: string): boolean {
  return condition.includes(SHELL);
}

const SHELL = "shell";

const isWindows = Deno.build.os === "windows";
