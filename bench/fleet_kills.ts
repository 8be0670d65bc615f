/**
 * Whether the fleet's log is exact: two gateways, PostgreSQL and Valkey are killed at random moments
 * under traffic; then each row here has to be there once.
 *
 * `deno run -A bench/fleet_kills.ts [50]`. Needs Debian's postgresql; Valkey, or Redis, is
 * left out where it is not installed.
 *
 * @module
 */

import { killUnderTraffic } from "../tests/fleet/kills.ts";

const { rows, kills, caughtUpMs } = await killUnderTraffic(Number(Deno.args[0] ?? 50));
for (const [victim, times] of Object.entries(kills)) console.log(`${victim} killed: ${times}`);
console.log(`${rows} rows here, the same there, none twice`);
console.log(`nothing waited any more ${(caughtUpMs / 1000).toFixed(1)} s after the last answer`);
