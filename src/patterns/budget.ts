/**
 * Searching with a time limit.
 *
 * @module
 */

import type { Patterns } from "./pattern.ts";

/**
 * Does `work`, in which the patterns may search for `maxMs` together.
 *
 * @returns What `work` returns.
 * @throws {ScanTimeout} when they take longer: what was searched is not known to its end.
 */
export function withinScanTime<T>(patterns: Patterns, maxMs: number, work: () => T): T {
  patterns.startScan(maxMs);
  try {
    return work();
  } finally {
    patterns.endScan();
  }
}
