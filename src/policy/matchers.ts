/**
 * The functions that conditions read values with.
 *
 * @module
 */

import type { Matcher } from "../expr/matcher.ts";
import { pathMatcher, type PathPlaces } from "../matchers/path_matcher.ts";
import { shellMatcher } from "../matchers/shell_matcher.ts";
import { urlMatcher } from "../matchers/url_matcher.ts";

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
    ["shell", shellMatcher()],
  ]);
}

const isWindows = Deno.build.os === "windows";
