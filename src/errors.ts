/**
 * Error classes and the one table that maps what went wrong to what the other end is told.
 *
 * @module
 */

/** A mistake of the person at the command line; told without a stack trace, exit code `exitCode`. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** @param exitCode What the process ends with: 2 for a bad command line, config or policy. */
  constructor(message: string, readonly exitCode: number = 2) {
    super(message);
  }
}

/**
 * JSON-RPC error codes that AgentGate itself answers with.
 *
 * The first three are JSON-RPC 2.0's own; the rest lie outside the range that JSON-RPC and MCP
 * reserve (−32768 to −32000), as MCP 2026-07-28 asks of applications.
 */
export const WIRE_CODES = Object.freeze({
  /** The line was not JSON (JSON-RPC 2.0 §5.1). */
  parseError: -32700,
  /** The line was JSON, but not one well-formed message (JSON-RPC 2.0 §5.1). */
  invalidRequest: -32600,
  /** The server's side failed: its answer could not be read (JSON-RPC 2.0 §5.1). */
  internalError: -32603,
  /** The call outlasted `call_timeout_seconds`. */
  timeout: -31031,
  /** The server ended before it answered. */
  serverGone: -31032,
  /** The audit log cannot be written, so no call is let through. */
  auditFailing: -31033,
  /** More requests are open than the gateway tracks. */
  tooManyOpen: -31034,
});
