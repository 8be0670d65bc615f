/**
 * `/api/log`: how the audit log stands with those who write it.
 *
 * @module
 */

import { basename } from "node:path";
import { Hono } from "@hono/hono";
import { spillFilesOf } from "../../audit/spill_files.ts";
import { type CopyProgress, copyProgress } from "../copy_progress.ts";
import type { LogSource } from "../log_source.ts";
import { type ShippingProgress, shippingProgress } from "../shipping_progress.ts";

/** The answer. */
export interface LogState {
  /** Files beside the log with records that could not be written to it, or are not proven yet. */
  readonly waiting_files: readonly string[];
  /** How far it was shipped to the fleet's PostgreSQL; null where it is not. */
  readonly shipping: ShippingProgress | null;
  /** How far the copy is that this log is of the fleet's; null for a log of this machine. */
  readonly copy: CopyProgress | null;
}

/** The route; a log that cannot be read is a 503, as everywhere. */
export function logStateRoute(log: LogSource, isShipped: boolean): Hono {
  const routes = new Hono();
  routes.get("/", (c) => {
    const copy = log.read((open) => {
      open.db.prepare("SELECT 1 FROM tool_invocations LIMIT 1").get();
      return copyProgress(open);
    });
    const state: LogState = {
      waiting_files: spillFilesOf(log.path).map((path) => basename(path)),
      shipping: isShipped ? shippingProgress(log) : null,
      copy,
    };
    return c.json(state);
  });
  return routes;
}
