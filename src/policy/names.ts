/**
 * Names and globs: which tools and servers a rule speaks of.
 *
 * @module
 */

/** Whether a name is meant. */
export type NameMatcher = (name: string) => boolean;

/**
 * Names that one of the globs matches: `*` stands for any characters, all else for itself;
 * case-sensitive. Linear in the name for each `*`, whoever chose it.
 */
export function namesLike(globs: readonly string[]): NameMatcher {
  const matchers = globs.map((glob) => {
    const parts = glob.split("*");
    return parts.length === 1
      ? (name: string) => name === glob
      : (name: string) => like(parts, name);
  });
  return matchers.length === 1 ? matchers[0]! : (name) => matchers.some((matches) => matches(name));
}

/** Whether the parts stand in `name` in order, the first at its start and the last at its end. */
function like(parts: readonly string[], name: string): boolean {
  const first = parts[0]!, last = parts.at(-1)!;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
