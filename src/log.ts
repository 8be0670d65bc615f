/**
 * The gateway's own words: levelled lines to stderr that never block and never throw.
 *
 * @module
 */

/** From most to least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Extra facts of a line; printed as `key=value` or as JSON members. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A sink for log lines. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether a line of this level would be written: guards work done only for the log. */
  enabled(level: LogLevel): boolean;
  /** Waits until what was logged is written, at most `timeoutMs`: an undrained stderr must not hang us. */
  flush(timeoutMs: number): Promise<void>;
}
