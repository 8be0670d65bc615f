/**
 * A call with everything that is known of it, and what can be made of it to take elsewhere.
 *
 * @module
 */

import type { InvocationRow } from "../../src/audit/columns.ts";
import type { Explained } from "../../src/web/explainer.ts";

/** `/api/invocations/ID`. */
export type WholeCall = Omit<InvocationRow, "arguments" | "result" | "shadow_hits"> & {
  readonly arguments: unknown;
  readonly result: unknown;
  readonly shadow_hits: unknown;
  /** What its machine is called. */
  readonly host: string | null;
  readonly explanation: Explained | null;
  /** What AgentGate's own refusal means; null for a rule's. */
  readonly hit: string | null;
};

/** The call as JSON. */
export function asJson({ explanation: _, hit: __, ...call }: WholeCall): string {
  return JSON.stringify(call, null, 2);
}

/** The call as a command that would make it against an MCP server over HTTP. The page runs nothing. */
export function asCurl({ tool_name, arguments: args, method }: WholeCall): string {
  const message = {
    jsonrpc: "2.0",
    id: 1,
    method: method ?? "tools/call",
    params: { name: tool_name, arguments: args ?? {} },
  };
  return [
    `curl "$MCP_URL"`,
    `-H 'content-type: application/json'`,
    `-H 'accept: application/json, text/event-stream'`,
    `-d ${shellQuoted(JSON.stringify(message))}`,
  ].join(" \\\n  ");
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The call as a test of a policy: it expects what happened. */
export function asTest(call: WholeCall): string {
  const { tool_name, arguments: args, status, policy_hit, server_name, agent_id } = call;
  const expect = status === "denied" ? "deny" : status === "rate_limited" ? "rate_limit" : "allow";
  const isRule = expect !== "allow" && policy_hit !== null && call.hit === null;
  return [
    "[[tests]]",
    `name = ${tomlString(`${tool_name} ${expect === "allow" ? "passes" : "is refused"}`)}`,
    `tool = ${tomlString(tool_name)}`,
    `server = ${tomlString(server_name)}`,
    ...agent_id === null ? [] : [`agent = ${tomlString(agent_id)}`],
    ...args === null || args === undefined ? [] : [`arguments = ${tomlValue(args)}`],
    `expect = ${tomlString(expect)}`,
    ...isRule ? [`rule = ${tomlString(policy_hit)}`] : [],
    "",
  ].join("\n");
}

/** A text as a string of TOML, which knows no half of a character. */
export function tomlString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll("\x7f", "\\u007f");
}

/** A value of JSON as one of TOML, which knows no null: members without a value are left out. */
export function tomlValue(value: unknown): string {
  if (typeof value === "string") return tomlString(value);
  if (Array.isArray(value)) {
    return `[${value.filter((item) => item !== null).map(tomlValue).join(", ")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== null)
      .map(([name, member]) => `${tomlKey(name)} = ${tomlValue(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  // JSON has numbers that are too large for any; TOML has integers of 64 bits.
  if (value === Infinity || value === -Infinity) return value > 0 ? "inf" : "-inf";
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? value.toExponential()
    : String(value);
}

function tomlKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : tomlString(name);
}

/** Words that stand for what a rule has redacted. */
export const REDACTED = /\[REDACTED[^\]]*\]|\*{3,}/g;

/** Whether something of the call was redacted: what is made of it will not match as the call did. */
export function isRedacted(call: WholeCall): boolean {
  return JSON.stringify([call.arguments, call.result]).search(REDACTED) >= 0;
}

/** What was too large to be stored whole: its size in bytes, and what is left of it; null for the rest. */
export function truncationOf(
  value: unknown,
): { readonly size: number; readonly shown: unknown } | null {
  if (typeof value !== "object" || value === null || !("_truncated" in value)) return null;
  const { _truncated, original_size_bytes: size, abridged = null } = value as Record<
    string,
    unknown
  >;
  return _truncated === true && typeof size === "number" ? { size, shown: abridged } : null;
}
