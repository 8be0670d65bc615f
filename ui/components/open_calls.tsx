/**
 * What runs now.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { lasted } from "../models/format.ts";
import type { WindowAnswer } from "../models/window.ts";

/** Calls that are named. */
const NAMED = 3;
/** Milliseconds after which a call that runs is worth a word. */
const LONG_MS = 2000;

/** Calls that have run for a while, the longest first; nothing when there are none. */
export function OpenCalls({ open }: { readonly open: WindowAnswer["open"] }) {
  const now = useApp().now.value;
  const long = open.filter(({ timestamp }) => now - Date.parse(timestamp) > LONG_MS);
  if (long.length === 0) return null;
  return (
    <p class="open-calls">
      <span class="outcome" data-tone="running">running</span>
      {long.slice(0, NAMED).map((call) => (
        <a key={call.id} href={`/activity?${new URLSearchParams({ call: call.id })}`}>
          <code>{call.server_name} {call.tool_name}</code>{" "}
          {lasted(now - Date.parse(call.timestamp))}
        </a>
      ))}
      {long.length > NAMED && <a href="/activity?q=status:open">{long.length - NAMED} more</a>}
    </p>
  );
}
