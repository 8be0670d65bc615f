/**
 * One run: a contestant started afresh, with a payload, in a folder of its own.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { auditProblem } from "./audit_check.ts";
import type { Contestant } from "./contestants.ts";
import type { Figures } from "./figures.ts";
import type { Job, Report } from "./job.ts";
import type { Payload, Plan } from "./payloads.ts";
import { kill, treeOf } from "./process_tree.ts";

const CLIENT = fileURLToPath(new URL("client.ts", import.meta.url));

/** How long a run may take beside its phases: to start, to settle and to end. */
const MARGIN_MS = 40_000;

/** How much of a failed contestant's stderr is told. */
const LAST_WORDS = 5;

/** What all runs have in common. */
export interface Setting {
  /** The folder that the folders of runs are made in. */
  readonly folder: string;
  readonly server: readonly string[];
  readonly plan: Plan;
  /** The words to put before a command so that it is pinned. */
  readonly pin: readonly string[];
  readonly denoDir: string;
  /** Ends the run that is under way. */
  readonly stop: AbortSignal;
}

/** A run without figures. */
export class RunError extends Error {
  override readonly name = "RunError";
  /** The last lines that the contestant wrote to stderr. */
  readonly lastWords: readonly string[];

  constructor(message: string, lastWords: readonly string[] = []) {
    super(message);
    this.lastWords = lastWords;
  }
}

/**
 * Measures.
 *
 * @throws {RunError} when the contestant failed, or did not record every call.
 */
export async function measure(
  contestant: Contestant,
  payload: Payload,
  setting: Setting,
): Promise<Figures> {
  const folder = await Deno.makeTempDir({ dir: setting.folder, prefix: "run-" });
  try {
    const stderr = join(folder, "stderr.txt");
    await Deno.mkdir(join(folder, "home"));
    const job = jobOf(contestant, payload, setting, { folder, stderr });
    const report = await ask(job, setting);
    if ("failure" in report) throw new RunError(report.failure, lastWords(stderr));
    const problem = contestant.database &&
      auditProblem(contestant.database(folder), report.callsSent);
    if (problem !== undefined) throw new RunError(problem, lastWords(stderr));
    return report.figures;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function jobOf(
  contestant: Contestant,
  payload: Payload,
  { server, plan, denoDir }: Setting,
  { folder, stderr }: { readonly folder: string; readonly stderr: string },
): Job {
  const [program, ...words] = [...contestant.command(folder), ...server] as [string, ...string[]];
  const home = join(folder, "home");
  return {
    // A path is meant from where the bench was started.
    command: [program.includes("/") ? resolve(program) : program, ...words],
    server,
    folder,
    env: {
      ...Deno.env.toObject(),
      HOME: home,
      AGENTGATE_HOME: join(home, ".agentgate"),
      DENO_DIR: denoDir,
    },
    stderr,
    payload,
    plan,
    ...contestant.proof === undefined ? {} : { proof: contestant.proof },
  };
}

/** Has a pinned client do the job; ends it, and all that it started, when that takes too long. */
async function ask(job: Job, { pin, plan, stop }: Setting): Promise<Report> {
  const [program, ...words] = [
    ...pin,
    ...[Deno.execPath(), "run", "-A", "--quiet", "--no-config", CLIENT, JSON.stringify(job)],
  ] as [string, ...string[]];
  const client = new Deno.Command(program, {
    args: words,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const limitMs = MARGIN_MS + plan.warmUp.ms + plan.oneByOne.ms + plan.inFlight.ms;
  const late = AbortSignal.timeout(limitMs), over = AbortSignal.any([late, stop]);
  const end = () => kill(treeOf(client.pid));
  over.addEventListener("abort", end);
  const { stdout, stderr } = await client.output();
  over.removeEventListener("abort", end);
  if (stop.aborted) throw new RunError("stopped");
  if (late.aborted) throw new RunError(`not done after ${limitMs / 1000} s: an answer is missing`);
  const text = new TextDecoder().decode(stdout).trim();
  if (text !== "") return JSON.parse(text) as Report;
  throw new RunError("the client of the bench failed", linesOf(new TextDecoder().decode(stderr)));
}

function lastWords(file: string): readonly string[] {
  try {
    return linesOf(Deno.readTextFileSync(file));
  } catch (fault) {
    if (fault instanceof Deno.errors.NotFound) return [];
    throw fault;
  }
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "").slice(-LAST_WORDS);
}
