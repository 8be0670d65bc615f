/**
 * What moving rows between a log and PostgreSQL costs on this machine.
 *
 * @module
 */

import type { Postgres } from "../../tests/fleet/postgres.ts";
import { cpuMs, endedCpuMs, treeOf } from "../processes.ts";

/** Does the work, and prints how fast it was, and what a row takes of the processor here and there. */
export async function printCost(
  what: string,
  rows: number,
  postgres: Postgres,
  work: () => Promise<unknown>,
): Promise<void> {
  const cpu = () => ({
    ours: cpuMs([Deno.pid]),
    // A connection is a process there, and may be over.
    engine: cpuMs(treeOf(postgres.pid)) + endedCpuMs(postgres.pid),
  });
  const before = cpu(), since = performance.now();
  await work();
  const ms = performance.now() - since, after = cpu();
  const each = (used: number) => `${(1000 * used / rows).toFixed(1)} µs of the processor`;
  const perSecond = (1000 * rows / ms).toFixed(0);
  console.log(`${rows} ${what} in ${(ms / 1000).toFixed(1)} s: ${perSecond} a second`);
  console.log(`a row takes ${each(after.ours - before.ours)} here`);
  console.log(`and ${each(after.engine - before.engine)} of the engine's`);
}
