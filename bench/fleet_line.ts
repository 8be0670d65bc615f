/**
 * What the fleet costs the line: calls through a wrap that ships its log to a PostgreSQL and counts its
 * limits in a Redis, and through one that does neither, in turns; latency of calls a millisecond apart,
 * and calls a second at full load.
 *
 * Engines of their own machines take nothing from the line. Here they get what it leaves of the
 * processor, which Linux counts between all processes only with `sysctl
 * kernel.sched_autogroup_enabled=0`: else each session of processes has a share of its own.
 *
 * `deno run -A bench/fleet_line.ts [ROUNDS]`. Needs a C compiler, and Debian's postgresql and redis.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { withFleet } from "../tests/fleet/fleet.ts";
import { withRedis } from "../tests/fleet/redis.ts";
import type { Contestant, Plan } from "./overhead/cases.ts";
import { median } from "./overhead/report.ts";
import { type Figures, measure } from "./overhead/run.ts";
import { built } from "./programs.ts";
import { agentGate } from "./wrapped.ts";

const [rounds = 7] = Deno.args.map(Number);

const PLAN: Plan = {
  warmUp: { calls: 3000, ms: 3000, pauseMs: 1 },
  oneByOne: { calls: 6000, ms: 6000, pauseMs: 1 },
  inFlight: { calls: 2_000_000, ms: 5000 },
};
const PAYLOAD = { name: "50 B", bytes: 50, window: 64 } as const;

/** Limits that no call reaches. */
const LIMITS = "[rate_limits]\nglobal_max_calls_per_minute = 100_000_000\n";

/** Figures that are compared. */
const COMPARED = ["p50Us", "p99Us", "callsPerSecond"] as const;

await withRedis((redis) =>
  withFleet({ isNice: true }, async ({ settings, dbPath }) => {
    warnOfGroups();
    const folder = dirname(dbPath), server = built("overhead/echo.c", folder);
    const engines = { postgres: settings.destination.address, valkey: redis.url };
    const fleet = Object.entries(engines).map(([key, url]) => `${key} = ${JSON.stringify(url)}\n`);
    const [off, on] = ["", `[fleet]\n${fleet.join("")}`].map((more, n) =>
      contestant(join(folder, `${n}.toml`), LIMITS + more)
    );
    const runs: Record<"off" | "on", Figures[]> = { off: [], on: [] };
    for (let round = 0; round < rounds; round++) {
      const turns = [["off", off!], ["on", on!]] as const;
      for (const [turn, contestant] of round % 2 === 0 ? turns : turns.toReversed()) {
        const figures = await measure(contestant, PAYLOAD, { plan: PLAN, server, folder });
        if ("failure" in figures) throw new Error(JSON.stringify(figures));
        runs[turn].push(figures);
      }
    }
    for (const key of COMPARED) {
      const [off, on] = [runs.off, runs.on].map((runs) => runs.map((run) => run[key]));
      const ratios = on!.map((value, round) => value / off![round]!).sort((a, b) => a - b);
      const [least, middle, most] = [ratios[0], median(ratios), ratios.at(-1)].map((ratio) =>
        ratio!.toFixed(3)
      );
      console.log(
        `${key.padEnd(15)} off ${median(off!).toFixed(0)}, on ${median(on!).toFixed(0)}: ` +
          `${middle} within a round (${least} to ${most})`,
      );
    }
  })
);

/** A wrap with a configuration, and a policy that is off. */
function contestant(config: string, text: string): Contestant {
  Deno.writeTextFileSync(config, text);
  const options = ["--config", config, "--dashboard-port", "0", "--db", "logs.db"];
  const command = [...agentGate(), "wrap", ...options, "--"];
  return { name: config, command, database: "logs.db" };
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
