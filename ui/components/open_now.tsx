/**
 * What is open now: calls that run, and circuits that refuse.
 *
 * @module
 */

import "../shared.ts";
import { useApp } from "../app_model.ts";
import { count, lasted } from "../models/format.ts";
import { circuitFilter, circuitWords, longCalls, refusingNow } from "../models/open_now.ts";
import type { WindowAnswer } from "../models/window.ts";

/** Calls, and tools, that are named. */
const NAMED = 3;

/** Both; nothing when there are none. */
export function OpenNow({ window }: { readonly window: WindowAnswer }) {
  const nowMs = useApp().now.value;
  return (
    <>
      <OpenCircuits circuits={refusingNow(window.circuits, nowMs)} />
      <OpenCalls calls={longCalls(window.open, nowMs)} nowMs={nowMs} />
    </>
  );
}

function OpenCircuits({ circuits }: { readonly circuits: WindowAnswer["circuits"] }) {
  if (circuits.length === 0) return null;
  return (
    <p class="open-calls">
      <span class="outcome" data-tone="error">circuit open</span>
      <span>{circuitWords(circuits)}</span>
      {circuits.slice(0, NAMED).map((of) => (
        <a
          key={`${of.server_name} ${of.tool_name}`}
          href={`/activity?${new URLSearchParams({ q: circuitFilter(of) })}`}
        >
          <code>{of.server_name} {of.tool_name}</code> {count(of.count)}×
        </a>
      ))}
      {circuits.length > NAMED && (
        <a href={`/activity?${new URLSearchParams({ q: circuitFilter() })}`}>
          {circuits.length - NAMED} more
        </a>
      )}
    </p>
  );
}

/** Calls that have run for a while, the longest first. */
function OpenCalls(
  { calls, nowMs }: { readonly calls: WindowAnswer["open"]; readonly nowMs: number },
) {
  if (calls.length === 0) return null;
  return (
    <p class="open-calls">
      <span class="outcome" data-tone="running">running</span>
      {calls.slice(0, NAMED).map((call) => (
        <a key={call.id} href={`/activity?${new URLSearchParams({ call: call.id })}`}>
          <code>{call.server_name} {call.tool_name}</code>{" "}
          {lasted(nowMs - Date.parse(call.timestamp))}
        </a>
      ))}
      {calls.length > NAMED && <a href="/activity?q=status:open">{calls.length - NAMED} more</a>}
    </p>
  );
}
