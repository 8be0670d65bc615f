/**
 * Error classes, and the one table of codes that the other end is answered with.
 *
 * @module
 */

/** A mistake of the person at the command line; printed without a stack trace, exit code `exitCode`. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** @param exitCode Exit code of the process: 2 for a bad command line, config or policy. */
  constructor(message: string, readonly exitCode: number = 2) {
    super(message);
  }
}

/** A message that is not passed on, for a reason that whoever waits may be told. */
export class KeptBack extends Error {
  override readonly name: string = "KeptBack";

  /**
   * @param reason A limit and its key, or what cannot be redacted; no sentence of its own. Never what
   *   a rule matched.
   * @param rule Id of the rule that keeps it back; null for a limit.
   */
  constructor(readonly reason: string, readonly rule: string | null = null) {
    super(`Cannot pass the message on: ${reason}`);
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
  /**
   * The line was JSON, but not one well-formed message; or a message that cannot be taken as it comes:
   * too long, with an id in use, in a batch with one that is refused (JSON-RPC 2.0 §5.1).
   */
  invalidRequest: -32600,
  /**
   * The policy denies the call, a message could not be inspected to its end, or the server's answer
   * could not be read (JSON-RPC 2.0 §5.1).
   */
  internalError: -32603,
  /** A limit on calls is reached: of `[rate_limits]`, or of a `rate_limit` rule. */
  rateLimited: -31029,
  /** The tool's circuit is open. */
  circuitOpen: -31030,
  /** The call outlasted `call_timeout_seconds`. */
  timeout: -31031,
  /** The server ended before it answered. */
  serverGone: -31032,
  /** The audit log cannot be written, so no call is let through. */
  auditFailing: -31033,
  /** More requests are open than the gateway tracks. */
  tooManyOpen: -31034,
});

/** Place of something in a text file; both count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with a file. */
export interface FileProblem extends Position {
  /** A sentence without a full stop. */
  readonly message: string;
}

/** A config or policy that does not load: every problem of the file, each with its place. */
export class FileError extends UsageError {
  /**
   * @param message Text for a person: each problem with its line and a caret.
   * @param file The path as it was given.
   * @param problems The same for a program, in the order of the file.
   */
  constructor(message: string, readonly file: string, readonly problems: readonly FileProblem[]) {
    super(message);
  }
}

/** Reasons of the operating system, by its codes, in words that stand behind a path. */
const OS_REASONS: Readonly<Record<string, string>> = Object.freeze({
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EEXIST: "it exists already",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its symbolic links lead nowhere",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "no space left on device",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EROFS: "the file system is read-only",
  EIO: "input/output error",
  EBUSY: "it is in use",
  ETXTBSY: "it is being written",
  ENOEXEC: "it is no program that this machine can run",
  E2BIG: "too many arguments",
  ENOMEM: "not enough memory",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "this machine has no such address",
});

/** Words for a code of the operating system, as `ENOENT`; undefined for one that has none. */
export function osReason(code: unknown): string | undefined {
  return typeof code === "string" ? OS_REASONS[code] : undefined;
}

/** What Deno says when a module that is loaded late is not there any more, or another one. */
const REPLACED = /^Module not found|^The requested module .* does not provide an export named/;

/**
 * Gives the words of whatever was thrown: JavaScript throws more than errors.
 *
 * @returns An error's message, without codes for one of the operating system; or the text of
 *   anything else.
 */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (REPLACED.test(thrown.message)) {
    return `AgentGate's own files were moved or replaced since it started; start it again ` +
      `(${thrown.message.split("\n")[0]})`;
  }
  return osReason((thrown as { code?: unknown }).code) ??
    thrown.message.replace(/ \(os error \d+\)(: \w+ '.*')?$/, "");
}

/**
 * Whether something from outside was in the way: a disk, a right, a permission that Deno was not
 * given. {@link reasonOf} says what, and nobody needs a stack.
 */
export function isFromOutside(thrown: unknown): thrown is Error {
  if (thrown instanceof Deno.errors.NotCapable) return true;
  return thrown instanceof Error && osReason((thrown as { code?: unknown }).code) !== undefined;
}
