/**
 * Keys that a lenient decoder takes for one another.
 *
 * Go's `encoding/json`, C#'s web defaults and Jackson on request match keys whatever their case, some
 * by Unicode's folding (U+017F is an s, U+212A a k); pydantic's aliases, protobuf's JSON and relaxed
 * binders take `file_path`, `file-path` and `filePath` for the same.
 *
 * @module
 */

/** Keys of an object beyond which it gets an index: many rules may ask it. */
const INDEXED_KEYS = 32;

const UNDERSCORE = 0x5f, DASH = 0x2d, SPACE = 0x20, LAST_ASCII = 0x7f;

/** A key as the most lenient decoder would have it: no separators, one case. */
export function foldKey(key: string): string {
  return key.replace(/[\s_-]+/gu, "").toUpperCase().toLowerCase();
}

/** A key that is looked for, exactly and leniently. */
export class SoughtKey {
  readonly #key: string;
  readonly #folded: string;

  constructor(key: string) {
    this.#key = key;
    this.#folded = foldKey(key);
  }

  /** The keys of an object, not the very one, that a lenient decoder would take for it, if any. */
  alikeIn(object: object): readonly string[] | undefined {
    let found: string[] | undefined;
    let count = 0;
    for (const key in object) {
      if (++count > INDEXED_KEYS) return this.#indexed(object);
      if (key !== this.#key && isAlike(key, this.#folded)) (found ??= []).push(key);
    }
    return found;
  }

  #indexed(object: object): readonly string[] | undefined {
    let index = indexes.get(object);
    if (index === undefined) indexes.set(object, index = indexOf(object));
    return index.get(this.#folded)?.filter((key) => key !== this.#key);
  }
}

/** Keys by what they fold to, of objects with many of them. */
const indexes = new WeakMap<object, ReadonlyMap<string, readonly string[]>>();

function indexOf(object: object): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const key of Object.keys(object)) {
    const folded = foldKey(key), known = index.get(folded);
    if (known === undefined) index.set(folded, [key]);
    else known.push(key);
  }
  return index;
}

/** Whether a key folds to `folded`; most do not, and are told apart by their first letter. */
function isAlike(key: string, folded: string): boolean {
  let at = 0;
  for (let i = 0; i < key.length; i++) {
    const c = key.charCodeAt(i);
    if (c === UNDERSCORE || c === DASH || c <= SPACE) continue;
    if (c > LAST_ASCII) return foldKey(key) === folded;
    if (folded.charCodeAt(at++) !== (c >= 0x41 && c <= 0x5a ? c | 0x20 : c)) return false;
  }
  return at === folded.length;
}
