/**
 * Limits over many gateways, by simulation: `deno run -A bench/fleet_sim.ts [MOST_GATEWAYS]`.
 *
 * Each line is a fleet with one limit and `on_outage = "deny"`: how many calls one bucket would not
 * have let through (has to be 0), the share of the limit that was used, or of the calls where those are
 * fewer (calls in pauses do not count), how many calls waited for the engine, and how often a second the script ran. Clocks run 0.1 % apart.
 *
 * @module
 */

import { DEMANDS, simulate } from "./fleet/simulate.ts";

const MOST = Number(Deno.args[0] ?? 10_000);
/** Calls a minute that the limit allows, for each gateway; and for all, however many. */
const EACH = 60, ALL = 6000;

console.log("| gateways | limit a minute | demand | over | used | held | operations/s |");
console.log("| -------: | -------------: | ------ | ---: | ---: | ---: | -----------: |");
for (const gateways of [10, 100, 1000, 10_000].filter((count) => count <= MOST)) {
  for (const maxCalls of new Set([ALL, EACH * gateways])) {
    for (const demand of DEMANDS) {
      const { over, used, held, operations } = simulate(gateways, maxCalls, demand);
      const shares = [used, held].map((share) => `${(100 * share).toFixed(1)} %`);
      const cells = [gateways, maxCalls, demand.name, over, ...shares, Math.round(operations)];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}
