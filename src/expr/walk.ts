/**
 * Ways through all that a JSON value holds.
 *
 * Nothing here recurses, so that depth costs memory and never the stack, and nothing here sees what
 * an object has from its prototype.
 *
 * @module
 */

/** Gives the parts of a value that is opened; undefined for a value that is taken as a whole. */
export type Opener = (value: unknown) => readonly unknown[] | undefined;

/** Whether a value holds others. */
export function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Opens lists only. */
export function items(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Opens lists and objects. */
export function members(value: unknown): readonly unknown[] | undefined {
  if (!isContainer(value)) return undefined;
  return Array.isArray(value) ? value : Object.values(value);
}

/** Opens lists and objects; an object's keys count as strings that it holds. */
export function keysAndMembers(value: unknown): readonly unknown[] | undefined {
  if (!isContainer(value)) return undefined;
  return Array.isArray(value) ? value : Object.entries(value).flat();
}

/**
 * Goes through all that a value holds, in the order of the text, until `visit` says stop.
 *
 * @returns Whether it was stopped.
 */
export function walk(
  container: readonly unknown[],
  open: Opener,
  visit: (leaf: unknown) => boolean,
): boolean {
  const stack = [{ parts: container, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.parts.length) {
      stack.pop();
      continue;
    }
    const part = top.parts[top.next++];
    const parts = open(part);
    if (parts !== undefined) stack.push({ parts, next: 0 });
    else if (visit(part)) return true;
  }
  return false;
}
