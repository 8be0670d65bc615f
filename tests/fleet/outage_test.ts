/** What becomes of limits when the engine cannot be reached: one sentence, and the line goes on. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { withHome } from "../cli/agentgate.ts";
import { scripted, withWrap } from "../e2e/gateway.ts";
import { freePort } from "../e2e/remote.ts";
import { gatewayTest } from "../e2e/transports.ts";
import { call } from "../session/harness.ts";
import { withGateways } from "./gateways.ts";
import { HAS_REDIS, withRedis } from "./redis.ts";

const ignore = !HAS_REDIS;

/** A file of the certificates for tests. */
const certificate = (name: string) =>
  new URL(`../gateway/http/certificates/${name}`, import.meta.url).pathname;

/** The reason that a gateway gives for its outage. */
async function reasonOfOutage(url: string): Promise<string> {
  let reason = "";
  await withGateways(
    { url, count: 1, onOutage: "local", limits: { globalMaxCallsPerMinute: 5 } },
    async ([gateway]) => {
      await gateway!.call(10);
      assert.equal(gateway!.admitted, 5);
      const about = /^the limits of all gateways/;
      const lines = gateway!.log.lines.filter(({ message }) => about.test(message));
      const [line, ...more] = lines;
      assert.deepEqual(more, []);
      assert.match(line!.message, /cannot be reached: this gateway counts its limits alone/);
      reason = String(line!.fields.reason);
    },
  );
  return reason;
}

Deno.test("an engine that is down at the start: one sentence, and the gateway counts alone", async () => {
  assert.match(await reasonOfOutage(`redis://127.0.0.1:${freePort()}`), /refused/i);
});

Deno.test({
  name: "bad credentials: one sentence, without the password",
  ignore,
  fn: () =>
    withRedis(
      async (redis) => {
        const url = `redis://default:not-this-one@127.0.0.1:${redis.port}`;
        const reason = await reasonOfOutage(url);
        assert.equal(reason, "it refuses the user default or its password; correct the address");
        assert.match(await reasonOfOutage(redis.url), /^it wants a password; write it into/);
      },
      "--requirepass",
      "the-password",
    ),
});

Deno.test({
  name: "what the engine has against us: one sentence that says what to do",
  ignore,
  fn: async () => {
    await withRedis(async (redis) => {
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.sendCommand(["ACL", "SETUSER", "few", "on", ">secret", "+info", "~*", "&*"]);
      const few = await reasonOfOutage(`redis://few:secret@127.0.0.1:${redis.port}`);
      assert.match(few, /^its user few may not do what limits need; allow EVAL,/);
      await client.sendCommand(["REPLICAOF", "127.0.0.1", "1"]);
      const replica = "it is read-only, as a replica is; name the primary in the address";
      assert.equal(await reasonOfOutage(redis.url), replica);
      client.destroy();
    });
    await withRedis(
      async ({ url }) => assert.match(await reasonOfOutage(url), /^it is a cluster; name an/),
      ...["--cluster-enabled", "yes"],
    );
    const other = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(),
    );
    const reason = await reasonOfOutage(`redis://127.0.0.1:${other.addr.port}`);
    assert.match(reason, /^what listens on 127\.0\.0\.1:\d+ is no Valkey or Redis/);
    await other.shutdown();
  },
});

Deno.test({
  name: "a certificate that nobody vouches for: one sentence",
  ignore,
  fn: () => {
    const port = String(freePort());
    return withRedis(
      async () => {
        const reason = await reasonOfOutage(`rediss://127.0.0.1:${port}`);
        assert.match(
          reason,
          /^the certificate of \S+ is signed by nobody trusted here; name the CA/,
        );
      },
      ...["--port", "0", "--tls-port", port, "--tls-auth-clients", "no"],
      ...["--tls-cert-file", certificate("localhost.pem")],
      ...["--tls-key-file", certificate("localhost.key")],
    );
  },
});

Deno.test({
  name: "local: gateways count alone while the engine stands still, and tell what they let through",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withGateways(
        { url: redis.url, count: 2, onOutage: "local", limits: { globalMaxCallsPerMinute: 100 } },
        async (both) => {
          const all = (work: (gateway: (typeof both)[0]) => Promise<void>) =>
            Promise.all(both.map(work));
          await all((gateway) => gateway.call(10));
          const outage = all((gateway) => gateway.hears("outage"));
          redis.signal("SIGSTOP");
          // More than is leased ahead: somebody has to ask.
          await all((gateway) => gateway.call(60));
          await outage;
          assert.deepEqual(both.map(({ admitted }) => admitted), [70, 70]);
          const reported = all(async (gateway) => {
            await gateway.hears("back");
            await gateway.hears("granted");
          });
          redis.signal("SIGCONT");
          await reported;
          await all((gateway) => gateway.call(50));
          const admitted = both.reduce((sum, gateway) => sum + gateway.admitted, 0);
          assert.ok(admitted <= 142, `${admitted}: the limit is spent by far`);
        },
      )
    ),
});

Deno.test({
  name: "doctor says whether the engine answers, and what becomes of limits without it",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withHome(async (home) => {
        const config = `[fleet]\nvalkey = "${redis.url}"\non_outage = "deny"\n`;
        const words = ["doctor", "--config", await home.write("config.toml", config)];
        const { stdout } = await home.run(words);
        assert.ok(stdout.includes(`[ok]  Limits and circuits are shared by ${redis.url}`), stdout);
        await redis.kill();
        const without = await home.run(words);
        assert.equal(without.code, 1);
        assert.match(without.stdout, /\[!!\] {2}Limits are not shared, redis:.* fails: .*refused/i);
        assert.match(without.stdout, /calls that have a limit are refused/);
      })
    ),
});

gatewayTest({
  name: "agentgate wrap: limits over two gateways, and an engine that is killed",
  ignore,
  fn: () =>
    withRedis(async (redis, folder) => {
      const policy = join(folder, "policy.toml");
      await Deno.writeTextFile(
        policy,
        '[[rules]]\nid = "few"\ntool = "echo"\naction = "rate_limit"\nmax_calls = 10\n' +
          "window_seconds = 600\n",
      );
      const setup = {
        config: `[fleet]\nvalkey = "${redis.url}"\non_outage = "deny"\n`,
        options: ["--policy", policy],
      };
      await withWrap(scripted(), setup, (one) =>
        withWrap(scripted(), setup, async (other) => {
          const outcomes: string[] = [];
          for (let id = 1; id <= 10; id++) {
            for (const wrap of [one, other]) {
              await wrap.send(call(id));
              const { error } = await wrap.next();
              outcomes.push(error === undefined ? "ok" : error.data.outcome);
            }
          }
          assert.equal(outcomes.filter((outcome) => outcome === "ok").length, 10);
          await redis.kill();
          await one.stderrHas("cannot be reached");
          // The line hears of it a moment after stderr does.
          const refused = async (words: RegExp): Promise<void> => {
            await one.send(call(11));
            const { error } = await one.next();
            assert.equal(error.data.rule, "few");
            if (!words.test(error.message)) await refused(words);
          };
          await refused(/policy rule 'few' is not known: .*on_outage is deny/);
          await redis.start();
          await one.stderrHas("are back");
          await refused(/policy rule 'few' is reached/);
          await one.closeInput();
          await one.rest();
          const outcomesInLog = new Set(one.rows().map(({ outcome }) => outcome));
          assert.deepEqual([...outcomesInLog].sort(), ["ok", "rate_limited"]);
        }));
    }),
});
