/** Calls for the tests of the page's models. */

import type { Call } from "../../ui/models/call.ts";

/** A call that went well. */
export function shortCall(fields: Partial<Call> & { readonly id: string }): Call {
  return {
    timestamp: "2026-11-22T17:52:54.170Z",
    agent_id: "claude-code",
    session_id: "s",
    server_name: "files",
    tool_name: "read_file",
    latency_ms: 3,
    latency_us: 3456,
    status: "allowed",
    outcome: "ok",
    policy_hit: null,
    arguments: "{}",
    is_cut: false,
    change: null,
    ...fields,
  };
}

/** The ids of calls. */
export function ids(calls: readonly Call[]): string {
  return calls.map(({ id }) => id).join(" ");
}
