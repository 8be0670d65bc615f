/**
 * How much of the audit log is kept.
 *
 * @module
 */

import type { RetentionLimits } from "../audit/retention.ts";
import type { Config } from "../config/config.ts";

/** The limits of a configuration. */
export function retentionOf({ logRetention, fleet }: Config): RetentionLimits {
  if (fleet.postgres === undefined) return logRetention;
  return { ...logRetention, keepUnshippedRows: fleet.keepUnshippedRows };
}
