/**
 * How fast the fleet's log is copied to a machine that looks at it, and what that costs: our share of the
 * processor and the engine's apart.
 *
 * `deno run -A bench/fleet_copy.ts [400000]`. Needs Linux, and Debian's postgresql.
 *
 * @module
 */

import { join } from "node:path";
import { addReader, copied, fillCalls, withCopying } from "../tests/fleet/copy.ts";
import { withFleet } from "../tests/fleet/fleet.ts";
import { printCost } from "./fleet/cost.ts";

const rows = Number(Deno.args[0] ?? 400_000);

await withFleet({}, async ({ postgres, dbPath }) => {
  await fillCalls(postgres, rows);
  const path = join(dbPath, "..", "fleet.db");
  const destination = { address: await addReader(postgres), caFile: undefined };
  await printCost(
    "rows",
    rows,
    postgres,
    () => withCopying({ path, destination, days: 7 }, () => copied(path, postgres)),
  );
  console.log(`and ${(Deno.statSync(path).size / rows).toFixed(0)} bytes of the file`);
  if (Deno.args[1] !== undefined) await Deno.copyFile(path, Deno.args[1]);
});
