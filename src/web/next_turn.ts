/**
 * Long work in pieces.
 *
 * @module
 */

/** Resolves once others who wait for this thread were served. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}
