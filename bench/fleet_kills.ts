/**
 * Whether the fleet's log is exact: two gateways and PostgreSQL are killed at random moments under
 * traffic; then each row here has to be there once.
 *
 * `deno run -A bench/fleet_kills.ts [50]`. Needs Debian's postgresql.
 *
 * @module
 */

import { killUnderTraffic } from "../tests/fleet/kills.ts";

const { rows, gatewayKills, engineKills, caughtUpMs } = await killUnderTraffic(
  Number(Deno.args[0] ?? 50),
);
console.log(`${gatewayKills} gateways and ${engineKills} times PostgreSQL killed under traffic`);
console.log(`${rows} rows here, the same there, none twice`);
console.log(`nothing waited any more ${(caughtUpMs / 1000).toFixed(1)} s after the last answer`);
