/**
 * What stands where data would: while it comes, when it cannot come, and when there is none.
 *
 * @module
 */

import type { Resource } from "../models/resource.ts";
import { Command } from "./command.tsx";

/** Says why something that was asked for is not there; nothing when it is. */
export function ResourceState({ of }: { readonly of: Resource<unknown> }) {
  const fault = of.fault.value;
  if (of.data.value !== null) {
    return fault === null
      ? null
      : <p class="pad fault" role="alert">Not up to date: {fault.message}.</p>;
  }
  if (fault !== null) return <p class="pad fault" role="alert">{fault.message}</p>;
  return of.isSlow.value ? <div class="skeleton" aria-hidden="true" /> : <div class="soon" />;
}

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
