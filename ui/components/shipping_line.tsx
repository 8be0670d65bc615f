/**
 * How far the log was shipped to the fleet's PostgreSQL.
 *
 * @module
 */

import "../shared.ts";
import type { LogState } from "../../src/web/routes/log_state.ts";
import { useResource } from "../app_model.ts";
import { count } from "../models/format.ts";

/** One line; nothing where the log is not shipped. What is wrong stands in `Notices`, on every page. */
export function ShippingLine() {
  const { data } = useResource<LogState>("/api/log"), shipping = data.value?.shipping ?? null;
  if (shipping === null) return null;
  const { waiting, shipped_at } = shipping;
  return (
    <p class="dim">
      PostgreSQL of the fleet: {count(waiting)} changes wait; last shipped {shipped_at ?? "never"}.
    </p>
  );
}
