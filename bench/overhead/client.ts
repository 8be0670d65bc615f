/**
 * The agent's side of one run, in a process of its own that `run.ts` pins and watches: it starts the
 * contestant, talks with it through bare pipes and tells what it measured.
 *
 * Reads and writes wait in this one thread. So nothing else happens between a call and its answer,
 * and whoever started this process has to end it when a contestant keeps silent.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Figures, percentile } from "./figures.ts";
import type { Job, Report } from "./job.ts";
import * as libc from "./libc.ts";
import { cpuMs, highestMemoryMb, kill, lives, runs, treeOf } from "./process_tree.ts";
import { Session } from "./session.ts";
import { Wire } from "./wire.ts";

/** How long it may take to end once nothing more is asked. */
const END_LIMIT_MS = 5000;
/** CPU time is read once it has not grown for so long: some work is done after the answer. */
const SETTLED_MS = 60, SETTLE_LIMIT_MS = 3000;

const report = await run(JSON.parse(Deno.args[0]!) as Job);
console.log(JSON.stringify(report));

async function run(job: Job): Promise<Report> {
  const begun = performance.now();
  const { child, wire, ended } = start(job);
  let processes: number[] = [];
  try {
    if (child.pid === undefined) return { failure: await ended };
    const session = new Session(wire, job.payload);
    const firstAnswerMs = session.open() - begun;
    if (job.proof !== undefined) session.prove(job.proof);
    processes = treeOf(child.pid);
    const gateway = processes.filter((pid) => !runs(pid, job.server));
    session.oneByOne(job.plan.warmUp);
    const quiet = await settledCpuMs(gateway);
    const roundTripsUs = session.oneByOne(job.plan.oneByOne).sort();
    const afterOneByOne = await settledCpuMs(gateway);
    const flood = session.inFlight(job.plan.inFlight);
    const afterFlood = await settledCpuMs(gateway);
    const per1000 = (ms: number, calls: number) => gateway.length > 0 ? ms / calls * 1000 : null;
    const figures: Figures = {
      firstAnswerMs,
      p50Us: percentile(roundTripsUs, 0.5),
      p90Us: percentile(roundTripsUs, 0.9),
      p99Us: percentile(roundTripsUs, 0.99),
      callsPerSecond: flood.calls / flood.ms * 1000,
      cpuMsOneByOne: per1000(afterOneByOne - quiet, roundTripsUs.length),
      cpuMsInFlight: per1000(afterFlood - afterOneByOne, flood.calls),
      memoryMb: gateway.length > 0 ? highestMemoryMb(gateway) : null,
      callsOneByOne: roundTripsUs.length,
      callsInFlight: flood.calls,
    };
    processes = treeOf(child.pid);
    wire.closeInput();
    return await within(END_LIMIT_MS, ended) === undefined
      ? { failure: `it had not ended ${END_LIMIT_MS / 1000} s after its input had` }
      : { figures, callsSent: session.callsSent };
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    // A contestant that gave up says more with its exit code than with a closed pipe.
    const how = await within(500, ended);
    return { failure: how === undefined ? reason : `${reason}; ${how}` };
  } finally {
    if (child.pid !== undefined) processes.push(...treeOf(child.pid));
    await endAll(processes);
  }
}

/** Starts the contestant on two pipes. `ended` tells how it ended or why it did not start. */
function start(job: Job): { child: ChildProcess; wire: Wire; ended: Promise<string> } {
  const [program, ...words] = job.command;
  const [toRead, toWrite] = libc.pipe(), [fromRead, fromWrite] = libc.pipe();
  const stderr = openSync(job.stderr, "w");
  const child = spawn(program, words, {
    cwd: job.folder,
    env: job.env,
    stdio: [toRead, fromWrite, stderr],
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(`it cannot be started: ${message}`));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  libc.close(toRead);
  libc.close(fromWrite);
  closeSync(stderr);
  return { child, wire: new Wire(toWrite, fromRead), ended };
}

/** The CPU time of these processes once they have nothing left to do. */
async function settledCpuMs(pids: readonly number[]): Promise<number> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (let before = cpuMs(pids);;) {
    await pause(SETTLED_MS);
    const now = cpuMs(pids);
    if (now === before || performance.now() > deadline) return now;
    before = now;
  }
}

/** Gives processes that should have ended a moment, then ends them. */
async function endAll(pids: readonly number[]): Promise<void> {
  for (let i = 0; i < 20 && pids.some(lives); i++) await pause(10);
  kill(pids.filter(lives));
}

/** What a promise came to, or undefined if it takes longer than `ms`. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), ms);
  });
  const outcome = await Promise.race([promise, late]);
  clearTimeout(timer);
  return outcome;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
