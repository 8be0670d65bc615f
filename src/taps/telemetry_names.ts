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

/** How an agent reaches the gateway: its pipes, or HTTP over TCP. */
export type AgentTransport = "stdio" | "http";

/** HTTP statuses that end a call; JSON-RPC has other codes. */
const FIRST_STATUS = 400, LAST_STATUS = 599;

/** Name of the instrumentation. */
export const SCOPE_NAME = "agentgate";

/** Name of a call's span. */
export function spanName({ method, tool }: CallRecord): string {
  return method === "tools/call" ? `tools/call ${tool}` : method;
}

/** Attributes of the way to the agent; which version of HTTP a request came by is not told. */
const NETWORK: Readonly<Record<AgentTransport, Record<string, AttributeValue>>> = Object.freeze({
  stdio: { "network.transport": "pipe" },
  http: { "network.transport": "tcp", "network.protocol.name": "http" },
});

/** Attributes of a call: no arguments and no result, which are opt-in there. */
export function attributesOf(
  record: CallRecord,
  facts: {
    readonly sessionId: string;
    readonly server: string;
    readonly transport: AgentTransport;
  },
): Record<string, AttributeValue> {
  const { method, tool, client, requestId, outcome, policyHit } = record;
  const attributes: Record<string, AttributeValue | null> = {
    "mcp.method.name": method,
    "mcp.session.id": facts.sessionId,
    "mcp.protocol.version": client.protocolVersion,
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": tool,
    "jsonrpc.request.id": requestId === null ? null : String(requestId),
    ...NETWORK[facts.transport],
    "error.type": errorTypeOf(record),
    "rpc.response.status_code": statusCodeOf(record),
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

/** Null for a call that went well; the code of an error that the server answered with. */
export function errorTypeOf({ outcome, errorCode }: CallRecord): string | null {
  if (outcome === "ok" || outcome === "task" || outcome === "cancelled") return null;
  return outcome === "error" && Number.isInteger(errorCode) ? String(errorCode) : outcome;
}

/** The code of a JSON-RPC error, as text; null where the server gave none. */
function statusCodeOf({ errorCode }: CallRecord): string | null {
  if (errorCode === null || !Number.isInteger(errorCode)) return null;
  return errorCode >= FIRST_STATUS && errorCode <= LAST_STATUS ? null : String(errorCode);
}
