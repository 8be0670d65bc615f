/**
 * Memory of what others name is bounded: the oldest goes first.
 *
 * @module
 */

/** Forgets the entries that were added first, until at most `max` are left. */
export function forgetOldest<K>(kept: Map<K, unknown> | Set<K>, max: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= max) return;
    kept.delete(key);
  }
}
