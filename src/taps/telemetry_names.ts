/**
 * The names of telemetry, in one table: the semantic conventions for MCP change (status: development).
 *
 * Source: open-telemetry/semantic-conventions-genai, `docs/gen-ai/mcp.md`.
 *
 * @module
 */

import type { CallRecord } from "../session/record.ts";

/** A value of an attribute. */
export type AttributeValue = string | number | boolean;

/** Name of the instrumentation. */
export const SCOPE_NAME = "agentgate";

/** Name of a call's span. */
export function spanName({ method, tool }: CallRecord): string {
  return method === "tools/call" ? `tools/call ${tool}` : method;
}

/** Attributes of a call: no arguments and no result, which are opt-in there. */
export function attributesOf(
  record: CallRecord,
  facts: { readonly sessionId: string; readonly server: string },
): Record<string, AttributeValue> {
  const { method, tool, client, requestId, outcome, policyHit } = record;
  const attributes: Record<string, AttributeValue | null> = {
    "mcp.method.name": method,
    "mcp.session.id": facts.sessionId,
    "mcp.protocol.version": client.protocolVersion,
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": tool,
    "jsonrpc.request.id": requestId === null ? null : String(requestId),
    "network.transport": "pipe",
    "error.type": errorTypeOf(record),
    "agentgate.server": facts.server,
    "agentgate.agent": client.agentName,
    "agentgate.call.id": record.id,
    "agentgate.outcome": outcome,
    "agentgate.rule": policyHit,
  };
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, AttributeValue] =>
      entry[1] !== null
    ),
  );
}

/** Null for a call that went well. */
export function errorTypeOf({ outcome }: CallRecord): string | null {
  return outcome === "ok" || outcome === "task" || outcome === "cancelled" ? null : outcome;
}
