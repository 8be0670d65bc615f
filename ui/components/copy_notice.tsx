/**
 * How far a copy of the fleet's log is behind.
 *
 * @module
 */

import "../shared.ts";
import type { CopyProgress } from "../../src/web/copy_progress.ts";
import { useApp } from "../app_model.ts";
import { ago, dayAndClock, sentence } from "../models/format.ts";

/** It is noted each minute that nothing is new: after so many milliseconds, nobody copies. */
const STALE_MS = 180_000;

/** One line, or two; nothing while the copy is whole and up to date. */
export function CopyNotice({ copy }: { readonly copy: CopyProgress }) {
  const nowMs = useApp().now.value, { as_of, fault, from, is_whole } = copy;
  const isStale = as_of !== null && nowMs - Date.parse(as_of) > STALE_MS;
  return (
    <>
      {(fault !== null || isStale) && (
        <p class="notice" data-tone="denied" role="alert">
          {fault === null
            ? "Nobody copies the fleet's log to this machine now."
            : `The fleet's PostgreSQL cannot be read: ${sentence(fault)}`} {as_of === null
            ? "Nothing was copied yet."
            : `What is shown was up to date ${ago(as_of, nowMs)}.`}
        </p>
      )}
      {!is_whole && fault === null && (
        <p class="notice" data-tone="quiet">
          Older calls are still being copied to this machine, the newest first
          {from !== null && <>: those since {dayAndClock(from, nowMs)} are here</>}.
        </p>
      )}
    </>
  );
}
