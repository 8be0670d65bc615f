/**
 * The gateway's own words: levelled lines to stderr that never block and never throw.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { visible } from "./visible.ts";
import { waitAtMost } from "./wait_at_most.ts";

/** From most to least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** {@link LogLevel}'s words, in order. */
export const LOG_LEVELS: readonly LogLevel[] = Object.freeze(["debug", "info", "warn", "error"]);

/** Form of a line: for a person, or one JSON object. */
export type LogFormat = "pretty" | "json";

/** {@link LogFormat}'s words. */
export const LOG_FORMATS: readonly LogFormat[] = Object.freeze(["pretty", "json"]);

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
  /**
   * Writes a line of the server's as it is, whatever the level: a view, without a line end. A log in
   * JSON stays JSON: there it is the message of a line.
   */
  pass(line: Uint8Array): void;
  /** Waits until what was logged is written, at most `timeoutMs`: an undrained stderr must not hang us. */
  flush(timeoutMs: number): Promise<void>;
}

/** Bytes that may wait for a stderr that nobody reads; lines beyond are counted and dropped. */
export const MAX_WAITING_BYTES: number = 8 * 1024 * 1024;

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Writes the whole chunk, and settles when it is gone; standard error when absent. */
  readonly write?: (chunk: Uint8Array) => Promise<void>;
  /** Wall clock, milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Makes a {@link Log}: lines are queued at once and written in the background. */
export function createLog(options: LogOptions): Log {
  const { level, format, write = writeToStderr, now = Date.now } = options;
  const render = format === "json" ? renderJson : renderPretty;
  const queue = new LineQueue(write, (dropped) => {
    const message = "log lines were dropped because stderr was not read";
    return render(now(), "warn", message, { dropped });
  });
  return leveled({
    enabled: enabledFrom(level),
    emit: (lineLevel, message, fields) =>
      queue.add(encoder.encode(render(now(), lineLevel, message, fields))),
    pass: (line) => {
      if (format === "pretty") queue.add(line.slice());
      else queue.add(encoder.encode(render(now(), "info", decoder.decode(line), PASSED)));
    },
    flush: (timeoutMs) => queue.flush(timeoutMs),
  });
}

/** A line of a log, on its way to whoever writes it. */
export type LogLine =
  | { readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  | { readonly passed: Uint8Array };

/** Writes a line that was made elsewhere. */
export function writeLine(log: Log, line: LogLine): void {
  if ("passed" in line) log.pass(line.passed);
  else log[line.level](line.message, line.fields);
}

/** A log whose lines another thread writes: `post` hands them over, and never waits. */
export function postedLog(level: LogLevel, post: (line: LogLine) => void): Log {
  return leveled({
    enabled: enabledFrom(level),
    emit: (level, message, fields) => post({ level, message, fields }),
    pass: (line) => post({ passed: line.slice() }),
    flush: () => Promise.resolve(),
  });
}

/** The same log, with every text changed before it is written. */
export function mapLog(log: Log, change: (text: string) => string): Log {
  const changed = (fields: LogFields) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) =>
        [key, typeof value === "string" ? change(value) : value] as const
      ),
    );
  return leveled({
    enabled: (level) => log.enabled(level),
    emit: (level, message, fields) => log[level](change(message), changed(fields)),
    pass: (line) => {
      const text = decoder.decode(line), other = change(text);
      log.pass(other === text ? line : encoder.encode(other));
    },
    flush: (timeoutMs) => log.flush(timeoutMs),
  });
}

/** Parts of a log whose levels are not apart yet. */
interface LogParts extends Pick<Log, "enabled" | "pass" | "flush"> {
  readonly emit: (level: LogLevel, message: string, fields: LogFields) => void;
}

function leveled({ emit, ...parts }: LogParts): Log {
  const { enabled } = parts;
  const at = (level: LogLevel) => (message: string, fields: LogFields = {}): void => {
    if (enabled(level)) emit(level, message, fields);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    ...parts,
  };
}

function enabledFrom(level: LogLevel): (asked: LogLevel) => boolean {
  return (asked) => LOG_LEVELS.indexOf(asked) >= LOG_LEVELS.indexOf(level);
}

function renderPretty(time: number, level: LogLevel, message: string, fields: LogFields): string {
  const words = ["[agentgate]", new Date(time).toISOString(), level.toUpperCase(), message];
  for (const [key, value] of Object.entries(fields)) words.push(`${key}=${prettyValue(value)}`);
  return visible(words.join(" "));
}

/** Quotes a text that would otherwise run into its neighbours. */
function prettyValue(value: LogFields[string]): string {
  const bare = typeof value !== "string" || /^[^\s"=]+$/u.test(value);
  return bare ? String(value) : JSON.stringify(value);
}

function renderJson(time: number, level: LogLevel, message: string, fields: LogFields): string {
  return visible(JSON.stringify({ time: new Date(time).toISOString(), level, message, ...fields }));
}

/** Lines on their way to a writer that may never be ready for them. */
class LineQueue {
  #waiting: Uint8Array[] = [];
  /** Bytes that are not written yet, those of the write under way included. */
  #bytes = 0;
  #dropped = 0;
  /** The write reported that nobody can read any more. */
  #closed = false;
  #draining: Promise<void> | null = null;

  constructor(
    private readonly write: (chunk: Uint8Array) => Promise<void>,
    private readonly tellDropped: (count: number) => string,
  ) {}

  /** Takes a line without its end. */
  add(line: Uint8Array): void {
    if (this.#closed) return;
    if (this.#bytes + line.length + 1 > MAX_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#bytes += line.length + 1;
    this.#waiting.push(line, LINE_END);
    this.#draining ??= this.#drain();
  }

  async flush(timeoutMs: number): Promise<void> {
    await waitAtMost(timeoutMs, this.#draining);
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const chunk = Buffer.concat(this.#waiting);
        this.#waiting = [];
        await this.write(chunk);
        this.#bytes -= chunk.length;
        if (this.#dropped > 0) this.#admitDrop();
      }
    } catch {
      // A closed stderr is no reason to stop the traffic, and there is nowhere left to tell it.
      this.#closed = true;
      this.#waiting = [];
    }
    this.#draining = null;
  }

  #admitDrop(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.add(encoder.encode(this.tellDropped(dropped)));
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();
const PASSED: LogFields = Object.freeze({ from: "server stdout" });
const LINE_END = new Uint8Array([0x0a]);

async function writeToStderr(chunk: Uint8Array): Promise<void> {
  for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await Deno.stderr.write(rest));
}
