import assert from "node:assert/strict";
import { AuditStore } from "../../src/audit/store.ts";
import { callAt, insert, withConnection } from "../audit/support.ts";
import { type Home, withHome } from "../cli/agentgate.ts";
import { whileServed } from "../cli/served.ts";
import { freePort } from "../e2e/remote.ts";
import { addReader, assertCopied, copied, fillCalls, until } from "./copy.ts";
import { withFleet } from "./fleet.ts";
import { HAS_POSTGRES, type Postgres } from "./postgres.ts";

const ignore = !HAS_POSTGRES;

/** Runs `use` with an engine, and the program in a home whose configuration names a reader of it. */
async function withReader(
  use: (home: Home, postgres: Postgres, port: number) => Promise<void>,
): Promise<void> {
  await withFleet({}, ({ postgres }) =>
    withHome(async (home) => {
      const port = freePort(), address = JSON.stringify(await addReader(postgres));
      await home.write(
        ".agentgate/config.toml",
        `[fleet]\nreader = ${address}\ndashboard_port = ${port}\n`,
      );
      await use(home, postgres, port);
    }));
}

Deno.test({
  name: "dashboard --fleet serves the newest calls with its link, and another tells the same link",
  ignore,
  fn: () =>
    withReader(async (home, postgres, port) => {
      await fillCalls(postgres, 1000);
      await whileServed(home, ["--fleet"], async (link, child) => {
        assert.equal(link.port, `${port}`);
        const headers = { authorization: `Bearer ${link.hash.slice("#key=".length)}` };
        const response = await fetch(`${link.origin}/api/invocations?limit=1`, { headers });
        const [newest] = await response.json();
        assert.equal(newest.request_id, 999);
        const path = home.path(".agentgate", "fleet.db");
        const { mode } = Deno.statSync(path);
        if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);

        const second = await home.run(["dashboard", "--fleet"]);
        assert.deepEqual(second, { code: 0, stdout: `${link}\n`, stderr: "" });
        const other = await home.run(["dashboard", "--fleet", "--db", home.path("other.db")]);
        assert.deepEqual([other.code, other.stdout], [1, ""]);
        assert.equal(
          other.stderr,
          `error: port ${port} shows another audit log; choose another port: --port\n`,
        );
        child.kill("SIGINT");
        assert.equal((await child.status).code, 0);
      });
    }),
});

Deno.test({
  name:
    "dashboard --fleet says in one sentence what it lacks, and takes no gateway's log for its copy",
  ignore,
  fn: () =>
    withReader(async (home) => {
      const path = home.path(".agentgate", "logs.db");
      for (const calls of [[], [callAt(Date.now())]]) {
        const store = new AuditStore(path, { durability: "batched" });
        insert(store, calls);
        store.close();
        const own = await home.run(["dashboard", "--fleet", "--db", path]);
        assert.deepEqual([own.code, own.stdout], [1, ""]);
        assert.equal(
          own.stderr,
          `error: ${path} is a gateway's own log; name another file: --db\n`,
        );
      }
      await withConnection(path, (db) => {
        const columns = db.prepare("SELECT name FROM pragma_table_info('tool_invocations')").all();
        assert.ok(!columns.some(({ name }) => name === "fleet_host"));
      });
      await home.write(".agentgate/config.toml", "");
      const none = await home.run(["dashboard", "--fleet"]);
      assert.equal(none.code, 2);
      assert.equal(
        none.stderr,
        "error: there is no [fleet] reader or postgres in the configuration; set one\n",
      );
      const address = "postgres://ada:${NOT_HERE}@127.0.0.1/fleet";
      await home.write(".agentgate/config.toml", `[fleet]\nreader = "${address}"\n`);
      const unset = await home.run(["dashboard", "--fleet"]);
      assert.equal(unset.code, 2);
      assert.equal(
        unset.stderr,
        "error: the environment variable NOT_HERE, which the address of PostgreSQL names, is not set\n",
      );
      // A gateway starts all the same.
      assert.equal((await home.run(["logs"])).stderr, "");
    }),
});

Deno.test({
  name: "doctor says whether the fleet's log can be read",
  ignore,
  fn: () =>
    withReader(async (home, postgres) => {
      const said = async () => {
        const { stdout } = await home.run(["doctor"]);
        return stdout.split("\n").filter((line) => /fleet/.test(line)).join("\n");
      };
      assert.match(await said(), /\[ok\] {2}The fleet's log can be read$/);
      await postgres.query("REVOKE agentgate_reader FROM reader");
      assert.match(
        await said(),
        /\[!!\] {2}PostgreSQL: reader may not read records in agentgate; make/,
      );
    }),
});

Deno.test({
  name: "a dashboard --fleet that is killed while it copies goes on: every row there is here, once",
  ignore,
  fn: () =>
    withReader(async (home, postgres) => {
      const rows = 40_000, path = home.path(".agentgate", "fleet.db");
      await fillCalls(postgres, rows);
      const count = () =>
        withConnection(path, (db) =>
          Number(db.prepare("SELECT count(*) AS n FROM tool_invocations").get()!.n));
      for (const part of [1, 12_000, 22_000]) {
        await whileServed(home, ["--fleet"], async (_link, child) => {
          await until(async () =>
            await count() >= part
          );
          child.kill("SIGKILL");
          await child.status;
          assert.ok(await count() < rows, "it was done before it was killed");
        });
      }
      await whileServed(home, ["--fleet"], () => copied(path, postgres));
      assert.equal(await assertCopied(path, postgres), rows);
      await withConnection(path, (db) => {
        const { n } = db.prepare("SELECT count(DISTINCT change) AS n FROM tool_invocations").get()!;
        assert.equal(n, rows);
      });
    }),
});
