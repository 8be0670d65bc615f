/**
 * The functions that conditions read values with.
 *
 * @module
 */

import type { Matcher } from "../expr/matcher.ts";
import { pathMatcher } from "../matchers/path_matcher.ts";
import { shellMatcher } from "../matchers/shell_matcher.ts";
import { urlMatcher } from "../matchers/url_matcher.ts";

/**
 * Makes them for servers that run where this process does: they inherit its folder and its home.
 *
 * @param resolvesPaths Whether the file system is asked where a path leads.
 */
export function matchersHere(resolvesPaths = true): ReadonlyMap<string, Matcher> {
  const { os } = Deno.build, isWindows = os === "windows";
  return new Map([
    [
      "path",
      pathMatcher({
        cwd: Deno.cwd(),
        home: Deno.env.get(isWindows ? "USERPROFILE" : "HOME"),
        resolvesPaths,
        isCaseless: isWindows || os === "darwin",
      }),
    ],
    ["url", urlMatcher()],
    ["shell", shellMatcher()],
  ]);
}
