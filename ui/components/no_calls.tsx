/**
 * What stands where calls would, when there are none yet.
 *
 * @module
 */

import "../shared.ts";
import { Command } from "./command.tsx";

/** Nothing was recorded yet: what to do. The page turns into rows by itself. */
export function NoCalls() {
  return (
    <div class="empty">
      <p>No call was recorded yet. Put this before the command of an MCP server:</p>
      <Command text="agentgate wrap -- npx @modelcontextprotocol/server-filesystem ." />
      <p class="dim">The first call shows up here by itself.</p>
    </div>
  );
}
