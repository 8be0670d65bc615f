/**
 * Long work in pieces.
 *
 * @module
 */

/** Resolves once others who wait for this thread were served. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setTimeout(done, 0));
}

/** Lets others be served from time to time: gives what to wait for once so many milliseconds are over. */
export function turnsEvery(ms: number): () => Promise<void> | undefined {
  let turnAt = performance.now() + ms;
  return () =>
    performance.now() < turnAt ? undefined : nextTurn().then(() => {
      turnAt = performance.now() + ms;
    });
}
