/**
 * Waiting with an end.
 *
 * @module
 */

/** Resolves with `work`, or after so many milliseconds; whatever is still under way then is left to itself. */
export async function waitAtMost(ms: number, work: Promise<unknown> | null): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
