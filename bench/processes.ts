/**
 * Processes as /proc shows them (Linux): who descends from whom, what they cost; and their end.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";

/** Longest wait for processes to have nothing left to do. */
const SETTLE_LIMIT_MS = 3000;

/** The kernel tells times in ticks; there are 100 a second on every Linux that Deno runs on. */
const TICK_MS = 10;

/** A process, first, and all that descend from it as far as they still have their parents. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.[1] : undefined;
    if (parent === undefined) continue;
    children.set(Number(parent), [...children.get(Number(parent)) ?? [], pid]);
  }
  const tree = [root];
  for (let i = 0; i < tree.length; i++) tree.push(...children.get(tree[i]!) ?? []);
  return tree;
}

/** Tells whether a process was started by exactly this command. */
export function runs(pid: number, command: readonly string[]): boolean {
  return fileOf(pid, "cmdline") === command.join("\0") + "\0";
}

/** Milliseconds of user and system time that these processes have used together. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + timeMs(pid, 11), 0);
}

/**
 * The same once it has not grown for `quietMs`: some work is done after the answer.
 *
 * @param quietMs Less than is waited for in all.
 */
export async function settledCpuMs(pids: readonly number[], quietMs = 60): Promise<number> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (let before = -1, now = cpuMs(pids);; now = cpuMs(pids)) {
    if (now === before || performance.now() > deadline) return now;
    before = now;
    await pause(quietMs);
  }
}

/** Milliseconds of user and system time that the children of a process have used that have ended. */
export function endedCpuMs(pid: number): number {
  return timeMs(pid, 13);
}

/** Two times of /proc/PID/stat, added up. */
function timeMs(pid: number, field: number): number {
  const stat = statOf(pid);
  return stat === undefined ? 0 : TICK_MS * (Number(stat[field]) + Number(stat[field + 1]));
}

/**
 * Memory of a process in MB: resident now, and at its highest; and with what it shares with others, its
 * own binary above all, counted as its share. Its threads and descriptors.
 */
export function footprint(pid: number): {
  readonly resident: number;
  readonly proportional: number;
  readonly highest: number;
  readonly threads: number;
  readonly descriptors: number;
} {
  return {
    resident: statusOf(pid, "VmRSS") / 1024,
    proportional: numberOf(pid, "smaps_rollup", "Pss") / 1024,
    highest: statusOf(pid, "VmHWM") / 1024,
    threads: statusOf(pid, "Threads"),
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}

/** Ends those of these processes that still live, at once. */
export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

function statusOf(pid: number, key: string): number {
  return numberOf(pid, "status", key);
}

/** A number of a file of /proc/PID; 0 once the process has ended. */
function numberOf(pid: number, file: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(fileOf(pid, file) ?? "")?.[1] ?? 0);
}

/** The fields of /proc/PID/stat behind the name: state, parent … (proc_pid_stat(5)). */
function statOf(pid: number): string[] | undefined {
  const text = fileOf(pid, "stat");
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function fileOf(pid: number, name: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined; // It has ended.
  }
}
