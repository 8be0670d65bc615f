/**
 * Messages that the gateway writes itself: few.
 *
 * @module
 */

import type { MessageId } from "./names.ts";

/** The `error` of a response (JSON-RPC 2.0 §5.1). */
export interface RpcError {
  readonly code: number;
  /** Says whether anything was executed, and what to do instead. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * Writes an error response (JSON-RPC 2.0 §5.1).
 *
 * @returns JSON text without a line end.
 */
export function errorResponse(id: MessageId | null, error: RpcError): string {
  const { code, message, data } = error;
  return JSON.stringify({
    jsonrpc: "2.0",
    id,
    error: data ? { code, message, data } : { code, message },
  });
}

/** Form of the answer to a refused call: many agents show their model results only. */
export type RefusalStyle = "error" | "tool_result";

/**
 * Writes the answer to a refused `tools/call` as a result with `isError` (MCP, tools, error handling).
 *
 * @param modern Whether the request was of 2026-07-28 or later, whose results name their type.
 * @returns JSON text without a line end.
 */
export function refusedResult(id: MessageId, text: string, modern: boolean): string {
  const result = { content: [{ type: "text", text }], isError: true };
  return JSON.stringify({
    jsonrpc: "2.0",
    id,
    result: modern ? { resultType: "complete", ...result } : result,
  });
}

/**
 * Writes the notification that tells a receiver to stop working on a request (MCP, cancellation).
 *
 * @returns JSON text without a line end.
 */
export function cancelledNotification(requestId: MessageId, reason: string): string {
  const params = { requestId, reason };
  return JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params });
}
