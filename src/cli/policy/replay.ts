/**
 * `agentgate policy replay`: recorded calls, decided again.
 *
 * @module
 */

import { readSources } from "../../policy/load.ts";
import { Replay, type ReplayedCall } from "../../simulate/replay/replay.ts";
import { parseInstantWord, parseLimit } from "../logs/filter.ts";
import { localZone } from "../logs/zone.ts";
import type { GlobalOptions } from "../options.ts";
import { print } from "../output.ts";
import { Expectations } from "./expectations.ts";
import { openRecordedCalls } from "./recorded_calls.ts";
import { writeReport } from "./report_file.ts";
import { type Listed, ReplayLines, ReplayReport } from "./replay_report.ts";

/** The options of `policy replay`, as typed. */
export interface ReplayOptions extends GlobalOptions {
  readonly against?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly limit?: string;
  readonly expect?: string;
  readonly promote?: true;
  readonly strict?: true;
  readonly json?: string;
  readonly junit?: string;
}

/** Characters of lines that are written at once, and how often progress is told. */
const OUT_CHARS = 16 * 1024, PROGRESS_MS = 200;

/**
 * Prints what differs, and the sums.
 *
 * @param files The policy; none for the policies that were in force.
 * @returns The exit code: 1 when something is looser that nobody expects, or, without a policy, anything
 *   differs; 3 with `--strict` when something is inexact.
 * @throws {UsageError} for an option whose value means nothing, or a file that does not load.
 * @throws {AuditError} when there is no database, or it cannot be read.
 */
export async function replay(files: readonly string[], options: ReplayOptions): Promise<number> {
  const zone = localZone(), now = Date.now(), isOwn = files.length === 0;
  const { server, tool } = options;
  const when = (name: "since" | "until") =>
    options[name] === undefined
      ? undefined
      : parseInstantWord(`--${name}`, options[name], now, zone);
  const limit = options.limit === undefined ? undefined : parseLimit(options.limit);
  const filter = { server, tool, since: when("since"), until: when("until"), limit };
  const expectations = options.expect === undefined
    ? Expectations.none()
    : await Expectations.read(options.expect);
  using log = (await openRecordedCalls(options)).log;
  using replay = await Replay.load(log, {
    policy: isOwn ? null : await readSources(files),
    against: options.against === undefined ? null : await readSources(options.against),
    promote: options.promote ?? false,
  });
  const report = new ReplayReport(), lines = new ReplayLines(zone);
  const progress = new Progress(log.size().rows);
  let out = "";
  for (const { row, isAskedFor } of log.rows(filter, replay.needsOthers)) {
    const next = replay.next(row), replayed = next instanceof Promise ? await next : next;
    progress.step();
    if (!isAskedFor) continue;
    if ("notAsked" in replayed) {
      report.skip(replayed.notAsked);
      continue;
    }
    const found = report.add(replayed, () => expectations.meets(replayed));
    for (const one of found) out += lines.line(one, row.arguments);
    if (options.strict && found.length === 0 && !replayed.isExact) {
      out += lines.line(inexact(replayed), null);
    }
    if (out.length >= OUT_CHARS) {
      progress.clear();
      await print(out);
      out = "";
    }
  }
  progress.clear();
  await print(out + report.summary());
  tellNotes(replay, report, isOwn);
  const { unmet } = expectations;
  for (const text of unmet) console.error(`nothing meets the expectation: ${text}`);
  const fails = (one: Listed) => isOwn || one.kind === "looser" && !one.expected;
  if (options.json !== undefined) await writeReport(options.json, report.json(unmet));
  if (options.junit !== undefined) await writeReport(options.junit, report.junit(unmet, fails));
  const { looser, tighter, other } = report.sums;
  const differs = isOwn ? looser + tighter + other + report.shadow > 0 : report.unexpected > 0;
  if (differs || unmet.length > 0) return 1;
  return options.strict && report.inexact > 0 ? 3 : 0;
}

function inexact(call: ReplayedCall): Listed {
  const { row, unknown } = call;
  const before = `${call.before.action}:${call.before.rule}`;
  return {
    ...{ kind: "inexact", id: row.id, timestamp: row.timestamp, tool: row.tool_name },
    ...{ server: row.server_name, before, after: before, exact: false, unknown, expected: true },
  };
}

function tellNotes({ notes }: Replay, { sums }: ReplayReport, isOwn: boolean): void {
  for (const note of notes) console.error(`note: ${note}`);
  if (isOwn || sums.tighter === 0) return;
  console.error(
    "note: had these calls been refused, the agent might have gone on otherwise: what follows them may differ",
  );
}

/** A line on a terminal that says how far it is. */
class Progress {
  readonly #total: number;
  readonly #isShown = Deno.stderr.isTerminal();
  #rows = 0;
  #nextAt = 0;
  #isOut = false;

  constructor(total: number) {
    this.#total = total;
  }

  step(): void {
    this.#rows++;
    if (!this.#isShown || this.#rows % 256 !== 0 || performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + PROGRESS_MS;
    this.#isOut = true;
    const [rows, total] = [this.#rows, this.#total].map((n) => n.toLocaleString("en-US"));
    Deno.stderr.writeSync(encoder.encode(`\r${rows} of ${total} rows\x1b[K`));
  }

  clear(): void {
    if (this.#isOut) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
    this.#isOut = false;
  }
}

const encoder = new TextEncoder();
