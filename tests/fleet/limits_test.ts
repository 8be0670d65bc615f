/** Limits over all gateways, by a real engine. */

import assert from "node:assert/strict";
import { call } from "../session/harness.ts";
import { withHttp } from "../gateway/http/fixture.ts";
import { type FleetGateway, withGateways } from "./gateways.ts";
import { HAS_REDIS, withRedis } from "./redis.ts";

const LIMIT = 100, WINDOW_MS = 60_000;
const ignore = !HAS_REDIS;

const admitted = (gateways: readonly FleetGateway[]) =>
  gateways.reduce((sum, gateway) => sum + gateway.admitted, 0);

/** What a bucket of the limit lets through in so long. */
const mostIn = (ms: number) => LIMIT + Math.floor(ms * LIMIT / WINDOW_MS);

Deno.test({
  name: "four gateways and 2,000 calls: the limit is all gateways' together, and is used",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withGateways({ url: redis.url, limits: { globalMaxCallsPerMinute: LIMIT } }, async (all) => {
        const startedAt = performance.now();
        await Promise.all(all.map((gateway) => gateway.call(500)));
        assert.ok(admitted(all) <= mostIn(performance.now() - startedAt), `${admitted(all)}`);
        assert.ok(admitted(all) >= 95, `${admitted(all)} were let through`);
        const refused = all.flatMap(({ harness }) => harness.ended);
        assert.deepEqual([...new Set(refused.map(({ policyHit }) => policyHit))], ["global"]);
      })
    ),
});

Deno.test({
  name: "an engine that is killed and loses all: with deny, never more than the limit",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withGateways({ url: redis.url, limits: { globalMaxCallsPerMinute: LIMIT } }, async (all) => {
        const startedAt = performance.now();
        await Promise.all(all.map((gateway) => gateway.call(125)));
        const outage = Promise.all(all.map((gateway) => gateway.hears("outage")));
        await redis.kill();
        await outage;
        await Promise.all(all.map((gateway) => gateway.call(125)));
        for (const { told } of all) assert.match(told, /cannot be reached, and on_outage is deny/);
        const back = Promise.all(all.map((gateway) => gateway.hears("back")));
        await redis.start();
        await back;
        await Promise.all(all.map((gateway) => gateway.call(250)));
        assert.ok(admitted(all) <= mostIn(performance.now() - startedAt), `${admitted(all)}`);
        assert.ok(admitted(all) >= 95, `${admitted(all)} were let through`);
        for (const { log } of all) {
          assert.deepEqual(log.lines.map(({ message }) => message), [
            "the limits of all gateways cannot be reached: calls that have a limit are refused " +
            "until it answers",
            "the limits of all gateways are back",
          ]);
        }
      })
    ),
});

Deno.test({
  name: "serve: the limit of an agent is its credential's, whichever gateway it comes by",
  ignore,
  fn: () =>
    withRedis(async (redis) => {
      const setup = {
        upstream: () => Response.json({ jsonrpc: "2.0", id: 1, result: { content: [] } }),
        config: `[rate_limits]\nper_agent_max_calls_per_minute = 6\n[fleet]\n` +
          `valkey = "${redis.url}"\non_outage = "deny"\n`,
      };
      await withHttp(setup, (one) =>
        withHttp(setup, async (other) => {
          const letThrough = async (agent: string): Promise<number> => {
            let count = 0;
            for (let i = 0; i < 5; i++) {
              for (const { post } of [one, other]) {
                const response = await post(call(1), { authorization: `Bearer ${agent}` });
                if ((await response.json()).error === undefined) count++;
              }
            }
            return count;
          };
          assert.equal(await letThrough("ada"), 6);
          assert.equal(await letThrough("bob"), 6);
        }));
    }),
});
