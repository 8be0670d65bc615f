/**
 * Words of a text that may be paths, in whatever spelling: an argument that is a path, or a command
 * with paths in it.
 *
 * @module
 */

const SPACE = /[\s;|&<>]+/, BETWEEN_WORDS = /[\s;|&<>()=,"'`]+/, QUOTE = /["'`\\]/;
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:(?=\/)/;

/**
 * The words of a text: as a shell would cut it, quotes taken away (`~/.agent""gate`), and as it stands
 * in JSON, code or prose (`"path":"/x"`). URLs give their path, `%2e` its character.
 */
export function pathWords(text: string): ReadonlySet<string> {
  const words = new Set<string>();
  const add = (word: string) => {
    const path = word.replace(SCHEME, "");
    words.add(path);
    // A word of a list, as PATH has it, or behind a key: `-v/home/me:/data`, `file:x`.
    if (path.includes(":")) { for (const part of path.split(":")) words.add(part); }
    if (path.includes("%")) words.add(decoded(path));
  };
  add(text);
  const unquoted = QUOTE.test(text) ? text.replaceAll(/["'`\\]/g, "") : text;
  if (SPACE.test(unquoted)) unquoted.split(SPACE).forEach(add);
  if (BETWEEN_WORDS.test(text)) text.split(BETWEEN_WORDS).forEach(add);
  return words;
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
