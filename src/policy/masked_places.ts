/**
 * Which places of a JSON value redacting has changed, as conditions would see it.
 *
 * @module
 */

/** Places that are told; where there are more, {@link EVERYWHERE} is. */
export const MAX_MASKED_PLACES = 32;

/** Stands for any place. */
export const EVERYWHERE = "*";

/**
 * The places, as JSON pointers (RFC 6901). Where a key was replaced, it is the place of its object: what
 * the key was is not told.
 */
export function maskedPlaces(before: unknown, after: unknown): readonly string[] {
  const places: string[] = [], stack: [unknown, unknown, string][] = [[before, after, ""]];
  for (let next; (next = stack.pop()) !== undefined;) {
    const [one, other, place] = next;
    if (one === other) continue;
    if (!sameShape(one, other)) places.push(place);
    else {
      for (const key of Object.keys(one).toReversed()) {
        const inner = (value: unknown) => (value as Record<string, unknown>)[key];
        stack.push([inner(one), inner(other), `${place}${pointerStep(key)}`]);
      }
    }
    if (places.length > MAX_MASKED_PLACES) return [EVERYWHERE];
  }
  return places;
}

/** A step of a JSON pointer: to the member with that key. */
export function pointerStep(key: string): string {
  return `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Whether both are lists of the same length, or objects with the same keys. */
function sameShape(one: unknown, other: unknown): one is object {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    return false;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key));
}
