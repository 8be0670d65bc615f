/**
 * What a server's list of tools costs, and the rule that makes it smaller.
 *
 * @module
 */

import type { ServerCost } from "../../src/web/tool_costs.ts";
import { globEscaped } from "./rule_from_call.ts";
import { tomlString } from "./whole_call.ts";

/** Sums of a list. */
export function costOf({ tools }: ServerCost): {
  /** Bytes of all. */
  readonly sum: number;
  /** Names of those that nobody calls. */
  readonly unused: readonly string[];
  /** Bytes of those. */
  readonly saved: number;
} {
  const bytesOf = (some: ServerCost["tools"]) => some.reduce((sum, { bytes }) => sum + bytes, 0);
  const unused = tools.filter(({ calls }) => calls === 0);
  return { sum: bytesOf(tools), unused: unused.map(({ tool }) => tool), saved: bytesOf(unused) };
}

/** A rule that denies tools of a server, whatever their arguments: so agents do not even see them. */
export function hidingRule({ server }: ServerCost, tools: readonly string[]): string {
  const id = `hide-unused-${server.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  return [
    "",
    "[[rules]]",
    `id = ${tomlString(id)}`,
    `server = ${tomlString(globEscaped(server))}`,
    "tool = [",
    ...tools.map((tool) => `  ${tomlString(globEscaped(tool))},`),
    "]",
    'action = "deny"',
    'message = "Nobody has called this tool for a while: ask the operator to allow it."',
    "",
  ].join("\n");
}
