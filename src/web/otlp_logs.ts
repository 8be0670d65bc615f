/**
 * The audit log for a collector: every record, from the log itself by its change numbers, so that
 * nothing is lost when this process or the collector is not there for a while.
 *
 * @module
 */

import { realPath } from "../audit/private_files.ts";
import { reasonOf } from "../errors.ts";
import { changesAfter, type LogRow, type LogSource, LogUnavailable } from "./log_source.ts";
import type { OtlpTarget, PlaneReport } from "./plane_settings.ts";

/** Times and sizes of the export. */
const EXPORT = Object.freeze({
  /** Records of one request. */
  rows: 200,
  /** Pause between two looks, and after a failure, doubled up to the longest; in milliseconds. */
  everyMs: 1000,
  longestMs: 60_000,
  /** Time that a collector has to answer. */
  answerMs: 10_000,
});

/** Severity numbers of OTLP: INFO and WARN. */
const INFO = 9, WARN = 13;

/** Sends records until it is disposed of. */
export class OtlpLogs implements Disposable {
  readonly #log: LogSource;
  readonly #target: OtlpTarget;
  readonly #report: (report: PlaneReport) => void;
  readonly #markPath: string;
  readonly #end = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs: number = EXPORT.everyMs;
  #hasFailed = false;

  constructor(log: LogSource, target: OtlpTarget, report: (report: PlaneReport) => void) {
    this.#log = log;
    this.#target = target;
    this.#report = report;
    this.#markPath = `${realPath(log.path).replace(/\.db$/, "")}.otlp`;
    this.#timer = setTimeout(() => this.#turn(), 0);
  }

  /** Sends no more. */
  [Symbol.dispose](): void {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    try {
      while (!this.#end.signal.aborted && await this.#sendSome());
      this.#pauseMs = EXPORT.everyMs;
      if (this.#hasFailed) this.#say("info", "the collector takes records again");
      this.#hasFailed = false;
    } catch (fault) {
      this.#pauseMs = Math.min(EXPORT.longestMs, 2 * this.#pauseMs);
      const isOurs = !(fault instanceof LogUnavailable) && !this.#end.signal.aborted;
      if (isOurs && !this.#hasFailed) {
        this.#say("warn", "the collector does not take records; they wait in the log", fault);
        this.#hasFailed = true;
      }
    }
    if (!this.#end.signal.aborted) this.#timer = setTimeout(() => this.#turn(), this.#pauseMs);
  }

  /** Sends what comes next. Whether there is more. */
  async #sendSome(): Promise<boolean> {
    const rows = this.#log.read((log) => changesAfter(log, this.#mark(), EXPORT.rows));
    const last = rows.at(-1);
    if (last === undefined) return false;
    const ended = rows.filter(({ row }) => row.outcome !== "open");
    if (ended.length > 0) await this.#send(ended);
    this.#setMark(last.change!);
    return rows.length === EXPORT.rows;
  }

  async #send(rows: readonly LogRow[]): Promise<void> {
    const response = await fetch(this.#target.endpoint, {
      method: "POST",
      headers: { ...this.#target.headers, "content-type": "application/json" },
      body: JSON.stringify(requestOf(rows)),
      signal: AbortSignal.any([this.#end.signal, AbortSignal.timeout(EXPORT.answerMs)]),
      redirect: "error",
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answers ${response.status}`);
  }

  /** The last change that the collector has. */
  #mark(): number {
    try {
      const mark = Number(Deno.readTextFileSync(this.#markPath));
      return Number.isSafeInteger(mark) && mark > 0 ? mark : 0;
    } catch {
      return 0;
    }
  }

  #setMark(change: number): void {
    const fresh = `${this.#markPath}.new`;
    Deno.writeTextFileSync(fresh, `${change}`, { mode: 0o600 });
    Deno.renameSync(fresh, this.#markPath);
  }

  #say(level: "info" | "warn", message: string, fault?: unknown): void {
    const fields = {
      endpoint: this.#target.endpoint,
      ...(fault === undefined ? {} : { reason: reasonOf(fault) }),
    };
    this.#report({ type: "log", level, message, fields });
  }
}

/** Records as OTLP's JSON: what was redacted before it was stored stays so. */
function requestOf(rows: readonly LogRow[]): Record<string, unknown> {
  return {
    resourceLogs: [{
      resource: { attributes: [attribute("service.name", "agentgate")] },
      scopeLogs: [{ scope: { name: "agentgate.audit" }, logRecords: rows.map(recordOf) }],
    }],
  };
}

function recordOf({ row, change }: LogRow): Record<string, unknown> {
  const isWell = row.status === "allowed";
  const { timestamp, tool_name, outcome, ...columns } = row;
  return {
    timeUnixNano: `${BigInt(Date.parse(timestamp)) * 1_000_000n}`,
    severityNumber: isWell ? INFO : WARN,
    severityText: isWell ? "INFO" : "WARN",
    body: { stringValue: `tools/call ${tool_name}: ${outcome}` },
    attributes: [
      attribute("event.name", "agentgate.call"),
      attribute("agentgate.change", change),
      ...Object.entries({ tool_name, outcome, ...columns })
        .filter(([, value]) => value !== null)
        .map(([name, value]) => attribute(`agentgate.${name}`, value)),
    ],
  };
}

function attribute(key: string, value: string | number | null): Record<string, unknown> {
  if (typeof value === "number") return { key, value: { intValue: `${value}` } };
  return { key, value: { stringValue: value } };
}
