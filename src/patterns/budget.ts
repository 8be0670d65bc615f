/**
 * Searching within bounds.
 *
 * @module
 */

import type { Patterns } from "./pattern.ts";
import type { ScanLimits } from "./scan_budget.ts";

/**
 * Does `work`, in which the patterns may search within `limits` together.
 *
 * @returns What `work` returns.
 * @throws {ScanTimeout} past them: what was searched is not known to its end.
 */
export function withinScanTime<T>(patterns: Patterns, limits: ScanLimits, work: () => T): T {
  patterns.startScan(limits);
  try {
    return work();
  } finally {
    patterns.endScan();
  }
}
