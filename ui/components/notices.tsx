/**
 * What must be known on every page.
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useState } from "preact/hooks";
import type { LogState } from "../../src/web/routes/log_state.ts";
import { useApp } from "../app_model.ts";
import { isUnreadable } from "../client.ts";
import { count, sentence } from "../models/format.ts";
import { lazy } from "./lazy.tsx";

const CopyNotice = lazy(async () => (await import("./copy_notice.tsx")).CopyNotice);

/** Milliseconds between two looks for records that wait. */
const LOOK_EVERY_MS = 5000;
/** Rows a second from which those that were left out are told. */
const FAST = 100;

/** Lines under the navigation; nothing when all is well. */
export function Notices() {
  const { live, trouble } = useApp();
  const state = useLogState(), fault = state?.shipping?.fault ?? null;
  return (
    <>
      {isUnreadable(trouble.value) && (
        <p class="notice" data-tone="denied" role="alert">
          The audit log cannot be read: {sentence(trouble.value)}{" "}
          What is shown, if anything, is from before.
        </p>
      )}
      {state !== null && state.waiting_files.length > 0 && (
        <p class="notice" data-tone="denied" role="alert">
          Calls cannot be written to the audit log: gateways refuse them until they can, and keep
          the records that they have in a file beside it. <code>agentgate doctor</code>{" "}
          says what is wrong.
        </p>
      )}
      {fault !== null && (
        <p class="notice" data-tone="quiet">
          PostgreSQL of the fleet takes no records: {sentence(fault)}{" "}
          They wait in this machine's log.
        </p>
      )}
      {state !== null && state.copy !== null && <CopyNotice copy={state.copy} />}
      {live.skipped.value > 0 && live.rate.value > FAST && (
        <p class="notice" data-tone="quiet">
          Calls come faster than they can be shown: {count(live.skipped.value)} were only counted.
          {" "}
          <a href="/activity">Activity</a> has them all.
        </p>
      )}
    </>
  );
}

/** How the log stands with those who write and ship it; null before that is known. */
function useLogState(): LogState | null {
  const { client, fleet, live } = useApp();
  const [state, setState] = useState<LogState | null>(null);
  const isOff = live.connection.value === "offline";
  useEffect(() => {
    if (isOff) return;
    const look = () =>
      client.get<LogState>("/api/log").then((state) => {
        fleet.value = state.copy;
        setState(state);
      }, () => {});
    void look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOff]);
  return state;
}
