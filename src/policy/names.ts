/**
 * Names and globs: which tools, methods and servers a rule speaks of.
 *
 * @module
 */

/** Whether a name is meant. */
export type NameMatcher = (name: string) => boolean;

/** Globs that `{a,b}` may stand for; more is refused. */
export const MAX_ALTERNATIVES = 256;

/** A glob that cannot be read: a sentence without a full stop. */
export class GlobError extends Error {
  override readonly name = "GlobError";
}

/** One place of a glob: a character, one of a set, any one, or any run of them. */
type Token = string | ((character: string) => boolean) | typeof ANY | typeof RUN;

const ANY = Symbol("?"), RUN = Symbol("*");

/**
 * Names that one of the globs matches, case-sensitive: `*` stands for any characters, `?` for one,
 * `[a-z]` for one of a set (`[!a-z]` for one that is not in it), `{a,b}` for either; `\\` takes the
 * next character as it is. Time is bounded by the lengths of name and glob multiplied, whoever chose
 * the name.
 *
 * @throws {GlobError} for a set or alternatives that are not closed, or too many of these.
 */
export function namesLike(globs: readonly string[]): NameMatcher {
  const matchers = globs.flatMap(alternatives).map(matcherOf);
  return matchers.length === 1 ? matchers[0]! : (name) => matchers.some((matches) => matches(name));
}

/** Whether a text is a glob, and not a name that stands for itself. */
export function isGlob(text: string): boolean {
  return /[*?[\]{}\\]/.test(text);
}

function matcherOf(glob: string): NameMatcher {
  if (!isGlob(glob)) return (name) => name === glob;
  const tokens = tokensOf(glob);
  return (name) => meets([...name], tokens);
}

/** Goes back to the last run alone: what stands before it was met as early as can be. */
function meets(name: readonly string[], tokens: readonly Token[]): boolean {
  let at = 0, token = 0, run = -1, runAt = 0;
  while (at < name.length) {
    if (tokens[token] === RUN) {
      run = token++;
      runAt = at;
    } else if (token < tokens.length && isMet(name[at]!, tokens[token]!)) {
      at++;
      token++;
    } else if (run >= 0) {
      at = ++runAt;
      token = run + 1;
    } else return false;
  }
  while (tokens[token] === RUN) token++;
  return token === tokens.length;
}

function isMet(character: string, token: Token): boolean {
  if (typeof token === "function") return token(character);
  return token === ANY || token === character;
}

function tokensOf(glob: string): readonly Token[] {
  const characters = [...glob], tokens: Token[] = [];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (c === "*") tokens.push(RUN);
    else if (c === "?") tokens.push(ANY);
    else if (c === "\\" && i + 1 < characters.length) tokens.push(characters[++i]!);
    else if (c === "[") {
      const end = endOfSet(characters, i);
      if (end < 0) throw new GlobError(`a [ in ${JSON.stringify(glob)} is not closed`);
      tokens.push(setOf(characters.slice(i + 1, end)));
      i = end;
    } else tokens.push(c);
  }
  return tokens;
}

/** The place of the `]` that ends a set; one that stands first is a member. */
function endOfSet(characters: readonly string[], open: number): number {
  const first = characters[open + 1] === "!" || characters[open + 1] === "^" ? open + 2 : open + 1;
  return characters.indexOf("]", first + 1);
}

function setOf(members: readonly string[]): (character: string) => boolean {
  const isNegated = members[0] === "!" || members[0] === "^";
  const rest = isNegated ? members.slice(1) : members;
  const ranges: [from: string, to: string][] = [];
  for (let i = 0; i < rest.length; i++) {
    const isRange = rest[i + 1] === "-" && i + 2 < rest.length;
    ranges.push([rest[i]!, isRange ? rest[i + 2]! : rest[i]!]);
    if (isRange) i += 2;
  }
  const isIn = (c: string) => ranges.some(([from, to]) => from <= c && c <= to);
  return (c) => isIn(c) !== isNegated;
}

/** The globs that one with `{a,b}` stands for. */
function alternatives(glob: string): string[] {
  let done: string[] = [], todo = [glob];
  while (todo.length > 0) {
    const split = todo.map((one) => [one, firstBraces(one)] as const);
    done = [...done, ...split.filter(([, braces]) => braces === undefined).map(([one]) => one)];
    todo = split.flatMap(([, braces]) => braces ?? []);
    if (done.length + todo.length > MAX_ALTERNATIVES) {
      throw new GlobError(`${JSON.stringify(glob)} stands for more than ${MAX_ALTERNATIVES} names`);
    }
  }
  return done;
}

/** The same glob once for each alternative of its first braces; undefined when it has none. */
function firstBraces(glob: string): string[] | undefined {
  let depth = 0, open = -1;
  const cuts: number[] = [];
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i];
    if (c === "\\") i++;
    else if (c === "[" && depth === 0) i = Math.max(i, glob.indexOf("]", i + 2));
    else if (c === "{" && depth++ === 0) open = i;
    else if (c === "," && depth === 1) cuts.push(i);
    else if (c === "}" && depth > 0 && --depth === 0) {
      const ends = [open, ...cuts, i];
      return ends.slice(1).map((end, n) =>
        glob.slice(0, open) + glob.slice(ends[n]! + 1, end) + glob.slice(i + 1)
      );
    }
  }
  if (depth > 0) throw new GlobError(`a { in ${JSON.stringify(glob)} is not closed`);
  return undefined;
}
