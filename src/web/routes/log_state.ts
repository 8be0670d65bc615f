/**
 * `/api/log`: how the audit log stands with those who write it.
 *
 * @module
 */

import { basename } from "node:path";
import { Hono } from "@hono/hono";
import { spillFilesOf } from "../../audit/spill_files.ts";

/** The answer. */
export interface LogState {
  /** Files beside the log with records that could not be written to it, or are not proven yet. */
  readonly waiting_files: readonly string[];
}

/** The route. */
export function logStateRoute(dbPath: string): Hono {
  const routes = new Hono();
  routes.get("/", (c) => {
    const state: LogState = { waiting_files: spillFilesOf(dbPath).map((path) => basename(path)) };
    return c.json(state);
  });
  return routes;
}
