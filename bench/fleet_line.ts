/**
 * What the fleet costs the line: a wrap that ships its log to a PostgreSQL and counts its limits in a
 * Redis beside one that does neither, in short turns; latency of calls a millisecond apart, and calls a
 * second at full load. What is compared are all calls of one pair of processes.
 *
 * Engines of their own machines take nothing from the line. Here they get what it leaves of the
 * processor, which Linux counts between all processes only with `sysctl
 * kernel.sched_autogroup_enabled=0`: else each session of processes has a share of its own.
 *
 * `deno run -A bench/fleet_line.ts [PAIRS] [TURNS] [on|off]`: with `off`, two wraps without a fleet, which
 * tells how far figures of the same thing are apart. Needs a C compiler, and Debian's postgresql and redis.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { shipped, withFleet } from "../tests/fleet/fleet.ts";
import { withRedis } from "../tests/fleet/redis.ts";
import type { Contestant } from "./overhead/cases.ts";
import { median } from "./overhead/report.ts";
import { percentile, type Run, withRun } from "./overhead/run.ts";
import { built } from "./programs.ts";
import { agentGate } from "./wrapped.ts";

const [pairs = 5, turns = 30] = Deno.args.slice(0, 2).map(Number),
  hasFleet = Deno.args[2] !== "off";

const WARM_UP = { calls: 3000, ms: 3000, pauseMs: 1 };
const APART = { calls: 2000, ms: 2000, pauseMs: 1 };
const IN_FLIGHT = { calls: 200_000, ms: 2000 }, WINDOW = 64;
const PAYLOAD = { name: "50 B", bytes: 50, window: WINDOW } as const;
/** Between two turns, once all is shipped. */
const REST_MS = 200;
/** Longest time that a turn and its rest take, and a pair beside its turns. */
const TURN_LIMIT_S = 20, PAIR_LIMIT_S = 60;

/** Name of the log, in the folder of its wrap. */
const DATABASE = "logs.db";

/** Limits that no call reaches. */
const LIMITS = "[rate_limits]\nglobal_max_calls_per_minute = 100_000_000\n";

/** What one contestant of a pair has done in all its turns. */
interface Side {
  readonly run: Run;
  /** Round trips of calls that are apart, µs. */
  readonly roundTrips: Float64Array[];
  /** Calls a second at full load, one number a turn. */
  readonly rates: number[];
}

type Figures = Readonly<Record<"p50, µs" | "p99, µs" | "calls/s", number>>;

await withRedis((redis) =>
  withFleet({ givesWay: true }, async ({ settings, dbPath }) => {
    warnOfGroups();
    const folder = dirname(dbPath), server = built("overhead/echo.c", folder);
    const engines = { postgres: settings.destination.address, valkey: redis.url };
    const fleet = Object.entries(engines).map(([key, url]) => `${key} = ${JSON.stringify(url)}\n`);
    const off = contestant(join(folder, "off.toml"), LIMITS);
    const on = contestant(
      join(folder, "on.toml"),
      hasFleet ? `${LIMITS}[fleet]\n${fleet.join("")}` : LIMITS,
    );
    const results: { off: Figures; on: Figures }[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      results.push(
        await running(off, { server, folder }, (off) =>
          running(on, { server, folder }, (on) =>
            compare(off, on))),
      );
      console.log(JSON.stringify(results.at(-1)));
    }
    for (const figure of Object.keys(results[0]!.off) as (keyof Figures)[]) {
      const ratios = results.map(({ off, on }) =>
        on[figure] / off[figure]
      ).sort((a, b) => a - b);
      const [least, middle, most] = [ratios[0]!, median(ratios), ratios.at(-1)!]
        .map((ratio) => ratio.toFixed(3));
      console.log(`${figure}: on/off ${middle} (${least} to ${most})`);
    }
  })
);

/** Runs both in turns: first all that is apart, then full load. */
async function compare(off: Run, on: Run): Promise<{ off: Figures; on: Figures }> {
  const [ofOff, ofOn] = [off, on].map((run): Side => ({ run, roundTrips: [], rates: [] }));
  for (const { agent } of [off, on]) agent.makeCalls(WARM_UP, 1);
  for (const phase of [APART, IN_FLIGHT]) {
    for (let turn = 0; turn < turns; turn++) {
      for (const side of turn % 2 === 0 ? [ofOff!, ofOn!] : [ofOn!, ofOff!]) {
        if (hasFleet) await shipped(join(on.home, DATABASE));
        await pause(REST_MS);
        makeCalls(side, phase);
      }
    }
  }
  return { off: figuresOf(ofOff!), on: figuresOf(ofOn!) };
}

function makeCalls({ run, roundTrips, rates }: Side, phase: typeof APART | typeof IN_FLIGHT): void {
  const made = run.agent.makeCalls(phase, phase === APART ? 1 : WINDOW);
  if (phase === APART) roundTrips.push(made.roundTripsUs);
  else rates.push(made.roundTripsUs.length / made.ms * 1000);
}

function figuresOf({ roundTrips, rates }: Side): Figures {
  const all = Float64Array.from(roundTrips.flatMap((turn) => [...turn])).sort();
  return {
    "p50, µs": Math.round(percentile(all, 0.5)),
    "p99, µs": Math.round(percentile(all, 0.99)),
    "calls/s": Math.round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length),
  };
}

/** Runs `use` with a contestant. @throws {Error} when it failed, or has not recorded every call. */
async function running<T extends object>(
  contestant: Contestant,
  place: { server: string; folder: string },
  use: (run: Run) => Promise<T>,
): Promise<T> {
  const limitS = PAIR_LIMIT_S + 4 * turns * TURN_LIMIT_S;
  const result = await withRun(contestant, PAYLOAD, { ...place, limitS }, use);
  if ("failure" in result) throw new Error(JSON.stringify(result));
  return result;
}

/** A wrap with a configuration, and a policy that is off. */
function contestant(config: string, text: string): Contestant {
  Deno.writeTextFileSync(config, text);
  const options = ["--config", config, "--dashboard-port", "0", "--db", DATABASE];
  const command = [...agentGate(), "wrap", ...options, "--"];
  return { name: config, command, database: DATABASE };
}

/** Tells where each session of processes has a share of the processor of its own. */
function warnOfGroups(): void {
  try {
    const setting = "/proc/sys/kernel/sched_autogroup_enabled";
    if (Deno.readTextFileSync(setting).trim() !== "1") return;
    console.log(
      "sched_autogroup_enabled is 1: PostgreSQL takes a share of the line's; set it to 0",
    );
  } catch {
    // Another kernel, without groups.
  }
}
