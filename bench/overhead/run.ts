/**
 * One run: a contestant started afresh, with a payload, in a folder of its own.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { footprint, kill, runs, settledCpuMs, treeOf } from "../processes.ts";
import { storedCalls } from "../wrapped.ts";
import { Agent, libc } from "./agent.ts";
import type { Contestant, Payload, Plan } from "./cases.ts";

/** How long a contestant may take from the first answer on, and to end once nothing is asked. */
const RUN_LIMIT_S = 45, END_LIMIT_S = 5;

/** How many lines are told of what a failed contestant wrote to stderr. */
const LAST_WORDS = 5;

/** Figures of one run; null where there is nothing to measure. */
export type Figures = { firstAnswerMs: number } & Awaited<ReturnType<typeof figuresOf>>;

/** A run without figures. */
export type Failure = { readonly failure: string; readonly lastWords: readonly string[] };

/** A contestant that was started, and who makes its calls. */
export interface Run {
  readonly agent: Agent;
  /** Milliseconds from the start of the process to the answer to the first call. */
  readonly firstAnswerMs: number;
  /** The processes that are not the server. */
  readonly gateway: readonly number[];
  /** The folder it was started in. */
  readonly home: string;
}

/** Measures. It is a failure, too, when the contestant did not record every call. */
export function measure(
  contestant: Contestant,
  payload: Payload,
  { plan, ...place }: { plan: Plan; server: string; folder: string },
): Promise<Figures | Failure> {
  return withRun(contestant, payload, { ...place, limitS: RUN_LIMIT_S }, async (run) => ({
    firstAnswerMs: run.firstAnswerMs,
    ...await figuresOf(run.agent, run.gateway, plan, payload.window),
  }));
}

/** Runs `use` with a contestant in a folder of its own, for so many seconds at most. */
export async function withRun<T>(
  { command, database, proof }: Contestant,
  { bytes }: Payload,
  { server, folder, limitS }: { server: string; folder: string; limitS: number },
  use: (run: Run) => Promise<T>,
): Promise<T | Failure> {
  const home = Deno.makeTempDirSync({ dir: folder }), log = join(home, "stderr.txt");
  const begun = performance.now();
  const { pid, pipes, ended } = start([...command, server], home, log);
  const agent = new Agent(pipes, bytes), open = [pipes.from, pipes.to];
  const started = pid === undefined ? [] : [pid];
  try {
    const firstAnswerMs = agent.open() - begun;
    if (proof !== undefined) agent.prove(proof);
    started.push(...treeOf(pid!).slice(1));
    const gateway = started.filter((pid) => !runs(pid, [server]));
    started.push(watchdog(started, log, limitS));
    const result = await use({ agent, firstAnswerMs, gateway, home });
    libc.closeDescriptor(open.pop()!); // Nothing more will be asked.
    if (await Promise.race([ended, pause(END_LIMIT_S * 1000)]) === undefined) {
      throw new Error(`it had not ended ${END_LIMIT_S} s after its input had`);
    }
    if (database !== undefined) checkRecords(join(home, database), agent.callsSent);
    return result;
  } catch (fault) {
    // A contestant that gave up says more with its exit code than with a closed pipe.
    const how = await Promise.race([ended, pause(500)]);
    const lines = Deno.readTextFileSync(log).split("\n");
    return {
      failure: [(fault as Error).message, ...how === undefined ? [] : [how]].join("; "),
      lastWords: lines.filter((line) => line.trim() !== "").slice(-LAST_WORDS),
    };
  } finally {
    for (const end of open) libc.closeDescriptor(end);
    kill(started.flatMap(treeOf));
    Deno.removeSync(home, { recursive: true });
  }
}

/** Starts a contestant on two pipes; `ended` tells how it ended, or why there is no process. */
function start([program, ...words]: readonly string[], home: string, log: string) {
  const requests = libc.pipe(), answers = libc.pipe(), stderr = openSync(log, "w");
  const child = spawn(program!, words, {
    cwd: home,
    env: { ...Deno.env.toObject(), HOME: home, AGENTGATE_HOME: join(home, ".agentgate") },
    stdio: [requests.readEnd, answers.writeEnd, stderr],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(`it cannot be started: ${message}`));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  // The child has its own: while ours are open, nobody sees the end.
  for (const end of [requests.readEnd, answers.writeEnd]) libc.closeDescriptor(end);
  closeSync(stderr);
  return { pid: child.pid, pipes: { to: requests.writeEnd, from: answers.readEnd }, ended };
}

/** Has processes killed that take too long: this thread cannot while it waits for an answer. */
function watchdog(pids: readonly number[], log: string, limitS: number): number {
  const why = `not done after ${limitS} s: an answer is missing`;
  const script = `sleep ${limitS}; echo "${why}" >> "${log}"; kill -9 ${pids.join(" ")}`;
  return new Deno.Command("sh", { args: ["-c", script] }).spawn().pid;
}

async function figuresOf(agent: Agent, gateway: readonly number[], plan: Plan, window: number) {
  const ofGateway = (figure: number) => gateway.length > 0 ? figure : null;
  agent.makeCalls(plan.warmUp, 1);
  const quiet = await settledCpuMs(gateway);
  const roundTripsUs = agent.makeCalls(plan.oneByOne, 1).roundTripsUs.sort();
  const afterOneByOne = await settledCpuMs(gateway);
  const flood = agent.makeCalls(plan.inFlight, window), callsInFlight = flood.roundTripsUs.length;
  const afterFlood = await settledCpuMs(gateway);
  return {
    /** Round trips of calls made one by one. */
    p50Us: percentile(roundTripsUs, 0.5),
    p90Us: percentile(roundTripsUs, 0.9),
    p99Us: percentile(roundTripsUs, 0.99),
    /** Answers a second with many calls in flight. */
    callsPerSecond: callsInFlight / flood.ms * 1000,
    /** User and system time of the gateway for 1,000 calls made one by one. */
    cpuMsOneByOne: ofGateway((afterOneByOne - quiet) / roundTripsUs.length * 1000),
    /** The same with many calls in flight. */
    cpuMsInFlight: ofGateway((afterFlood - afterOneByOne) / callsInFlight * 1000),
    /** Resident memory of the gateway's processes, each at its highest. */
    memoryMb: ofGateway(gateway.reduce((sum, pid) => sum + footprint(pid).highest, 0)),
    callsOneByOne: roundTripsUs.length,
    callsInFlight,
  };
}

/** The value that a share of them does not exceed, the smallest first; 0 < share ≤ 1. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

/** Each call must have one row, and each row an end. */
function checkRecords(database: string, callsSent: number): void {
  const { rows, ids, open } = storedCalls(database);
  if (rows === callsSent && ids === callsSent && open === 0) return;
  const found = `${rows} rows for ${ids} of them, ${open} without an end`;
  throw new Error(`RECORDS ARE MISSING OR WRONG: ${callsSent} calls were sent; there are ${found}`);
}
