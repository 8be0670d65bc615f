/**
 * What must be known on every page.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { count } from "../models/format.ts";

/** Milliseconds for which a call that could not be recorded is news. */
const RECENT_MS = 60_000;

/** Lines under the navigation; nothing when all is well. */
export function Notices() {
  const { live, session, trouble, told, now } = useApp();
  if (session.state.value !== "in") return <Told words={told.value} />;
  const unrecorded = live.history.value.find(({ policy_hit, timestamp }) =>
    policy_hit === "audit" && now.value - Date.parse(timestamp) < RECENT_MS
  );
  return (
    <>
      {trouble.value !== null && !isMissing(trouble.value) && (
        <p class="notice" data-tone="denied" role="alert">
          The audit log cannot be read: {trouble.value}. What is shown is from before.
        </p>
      )}
      {unrecorded !== undefined && (
        <p class="notice" data-tone="denied" role="alert">
          Calls are being refused: they could not be recorded. <code>agentgate doctor</code>{" "}
          says what is wrong with the audit log.
        </p>
      )}
      {live.connection.value === "offline" && (
        <p class="notice" data-tone="error">
          The gateway that served this page has gone. Another takes over by itself if one runs; what
          is shown stays. <code>agentgate dashboard</code> serves the page without a gateway.
        </p>
      )}
      {live.skipped.value > 0 && (
        <p class="notice" data-tone="quiet">
          Calls come faster than they can be shown: {count(live.skipped.value)} were only counted.
          {" "}
          <a href="/activity">Activity</a> has them all.
        </p>
      )}
      <Told words={told.value} />
    </>
  );
}

/** Whether there is no log yet: the page says what to do. */
export function isMissing(reason: string): boolean {
  return /no such file|no calls yet/i.test(reason);
}

function Told({ words }: { readonly words: string | null }) {
  return <div class="told" role="status" hidden={words === null}>{words}</div>;
}
