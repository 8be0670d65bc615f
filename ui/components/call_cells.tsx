/**
 * What a row says of a call, wherever there are rows.
 *
 * @module
 */

import type { Call } from "../models/call.ts";

/** The tool, and quieter the server. */
export function ToolName({ call }: { readonly call: Call }) {
  return (
    <code>
      {call.tool_name} <span class="dim">{call.server_name}</span>
    </code>
  );
}

/** The beginning of its arguments. */
export function ArgumentsStart({ call }: { readonly call: Call }) {
  return <code class="dim">{call.arguments}{call.is_cut && "…"}</code>;
}
