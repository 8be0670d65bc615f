/**
 * `/api/log`: how the audit log stands with those who write it.
 *
 * @module
 */

import { basename } from "node:path";
import { Hono } from "@hono/hono";
import { spillFilesOf } from "../../audit/spill_files.ts";
import type { LogSource } from "../log_source.ts";
import { type ShippingProgress, shippingProgress } from "../shipping_progress.ts";

/** The answer. */
export interface LogState {
  /** Files beside the log with records that could not be written to it, or are not proven yet. */
  readonly waiting_files: readonly string[];
  /** How far it was shipped to the fleet's PostgreSQL; null where it is not. */
  readonly shipping: ShippingProgress | null;
}

/** The route; a log that cannot be read is a 503, as everywhere. */
export function logStateRoute(log: LogSource, isShipped: boolean): Hono {
  const routes = new Hono();
  routes.get("/", (c) => {
    log.read(({ db }) => db.prepare("SELECT 1 FROM tool_invocations LIMIT 1").get());
    const state: LogState = {
      waiting_files: spillFilesOf(log.path).map((path) => basename(path)),
      shipping: isShipped ? shippingProgress(log) : null,
    };
    return c.json(state);
  });
  return routes;
}
