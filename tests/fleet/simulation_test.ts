/** Limits over many gateways, in simulated time: `bench/fleet_sim.ts` has the larger ones. */

import assert from "node:assert/strict";
import { DEMANDS, simulate } from "../../bench/fleet/simulate.ts";

for (const demand of DEMANDS) {
  Deno.test(`100 gateways, ${demand.name}: never more than the limit, and no less`, () => {
    const { over, used } = simulate(100, 6000, demand);
    assert.equal(over, 0);
    if (demand.name.startsWith("steady")) assert.ok(used >= 0.95, `${used} was used`);
  });
}
