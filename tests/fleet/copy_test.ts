import assert from "node:assert/strict";
import { join } from "node:path";
import { AuditStore } from "../../src/audit/store.ts";
import { READ_BATCH } from "../../src/fleet/copy/calls_reader.ts";
import type { CopySettings } from "../../src/fleet/copy/copier.ts";
import { allRows, callAt, insert, startedCall, withConnection } from "../audit/support.ts";
import { dashboardOver, KEY, Listener } from "../web/harness.ts";
import { addReader, assertCopied, copied, fillCalls, until, withCopying } from "./copy.ts";
import { type Fleet, GATE, shipped, withFleet, withShipping } from "./fleet.ts";
import { HAS_POSTGRES, TEST_PASSWORD } from "./postgres.ts";

const ignore = !HAS_POSTGRES;

const DAY_MS = 86_400_000;

/** A call of a machine, some time ago. */
const callAgo = (ms: number, id?: string) => callAt(Date.now() - ms, id);

/** What the copy of a test is made with. */
async function copySettings({ postgres, dbPath }: Fleet): Promise<CopySettings> {
  const path = join(dbPath, "..", "fleet.db");
  return { path, destination: { address: await addReader(postgres), caFile: undefined }, days: 7 };
}

/** Runs `use` with a dashboard over the copy, whose file has to be there. */
async function withDashboardOver(
  path: string,
  // deno-lint-ignore no-explicit-any
  use: (json: (path: string) => Promise<any>, port: number) => Promise<void>,
): Promise<void> {
  await using served = dashboardOver(path);
  await use(async (path) => {
    const response = await fetch(`http://127.0.0.1:${served.port}${path}`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    assert.equal(response.status, 200, path);
    return await response.json();
  }, served.port);
}

Deno.test({
  name: "the dashboard over a copy shows the calls of all machines, and what comes",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet, copy = await copySettings(fleet);
      const laptop = new AuditStore(dbPath, { durability: "batched" });
      const otherPath = join(dbPath, "..", "other.db");
      const server = new AuditStore(otherPath, { durability: "batched" });
      const running = startedCall({ id: "running", startedAt: Date.now() - 1000 });
      insert(laptop, [callAgo(2000, "a"), callAgo(DAY_MS, "b")], "mac/1");
      insert(server, [callAgo(3000, "c"), running], "pod/2");
      await withShipping(settings, () =>
        withShipping({ ...settings, dbPath: otherPath, host: "server" }, async () => {
          await Promise.all([shipped(dbPath), shipped(otherPath)]);
          await withCopying(copy, async () => {
            await copied(copy.path, postgres);
            assert.equal(await assertCopied(copy.path, postgres), 4);
            await withDashboardOver(copy.path, async (json, port) => {
              const ids = async (query: string) =>
                (await json(`/api/invocations?${query}`)).map(({ id }: { id: string }) =>
                  id
                );
              assert.deepEqual(await ids(""), ["running", "a", "c", "b"]);
              assert.deepEqual(await ids("host=laptop"), ["a", "b"]);
              assert.deepEqual(await ids("gateway=pod/2"), ["running", "c"]);
              assert.deepEqual(await ids("host=server&gateway=mac/1"), []);
              assert.deepEqual(await ids("host=mac"), []);
              const counts = async (by: string) =>
                (await json(`/api/tools?by=${by}`)).map((row: Record<string, unknown>) => [
                  row[by],
                  row.total_calls,
                ]);
              assert.deepEqual(await counts("host"), [["laptop", 2], ["server", 1]]);
              assert.deepEqual(await counts("gateway"), [["mac/1", 2], ["pod/2", 1]]);
              const history = await json("/api/history?by=host&name=laptop&span=7d");
              const calls = history.calls.reduce((sum: number, n: number) => sum + n, 0);
              assert.equal(calls, 2);
              const hosts = (await json("/api/gateways")).map(({ host }: { host: string }) => host);
              assert.deepEqual(hosts, ["laptop", "server"]);
              const listener = await Listener.open(port, "&view=rows");
              await listener.has(1);
              insert(laptop, [callAgo(0, "new")], "mac/1");
              await listener.has(2);
              assert.deepEqual(listener.frames[1].rows.map(({ id }: { id: string }) => id), [
                "new",
              ]);
              await withConnection(otherPath, (db) =>
                db.exec(`UPDATE tool_invocations SET status = 'allowed', outcome = 'ok'
                  WHERE id = 'running'`));
              await listener.has(3);
              const [row] = listener.frames[2].rows;
              assert.deepEqual([row.id, row.outcome], ["running", "ok"]);
              await listener.close();
              assert.deepEqual(await counts("host"), [["laptop", 3], ["server", 2]]);
              assert.equal(await assertCopied(copy.path, postgres), 5);
            });
          });
        }));
      laptop.close();
      server.close();
    }),
});

Deno.test({
  name: "a copy comes newest first, in batches, and goes on where it was",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres } = fleet, copy = await copySettings(fleet);
      const rows = READ_BATCH.rows * 2 + 10;
      await fillCalls(postgres, rows);
      // Some weigh so much that a batch is full before it has all its rows.
      await postgres.query(
        "UPDATE agentgate.calls SET result = repeat('x', 100000) WHERE change % 100 = 0",
      );
      await withCopying(copy, async () => {
        await until(async () => {
          try {
            return (await allRows(copy.path)).length > 0;
          } catch {
            return false;
          }
        });
      });
      const [first] = await allRows(copy.path);
      assert.equal(first!.request_id, `${rows - 1}`);
      await withCopying(copy, () => copied(copy.path, postgres));
      assert.equal(await assertCopied(copy.path, postgres), rows);
      const changes = (await allRows(copy.path)).map(({ change }) => change);
      assert.equal(new Set(changes).size, rows);
      // Nothing was copied twice: each row has the number that it was given first.
      await withConnection(copy.path, (db) => {
        const { span } = db.prepare(
          "SELECT max(change) - min(change) + 1 AS span FROM tool_invocations",
        ).get()!;
        assert.equal(span, rows);
      });
      Deno.removeSync(copy.path);
      await withCopying(copy, async () => {
        await copied(copy.path, postgres);
        assert.equal(await assertCopied(copy.path, postgres), rows);
        // What is new comes in batches as well, of some logs at a time.
        await fillCalls(postgres, rows, rows);
        await copied(copy.path, postgres);
      });
      assert.equal(await assertCopied(copy.path, postgres), 2 * rows);
      // As a log does that was replaced by a copy of itself.
      await postgres.query(`UPDATE agentgate.calls SET outcome = 'error', change = change + 1000000
        WHERE change = 77`);
      await withCopying(copy, () =>
        until(() =>
          withConnection(copy.path, (db) =>
            db.prepare("SELECT 1 FROM tool_invocations WHERE outcome = 'error'").get() !==
              undefined)
        ));
      assert.equal(await assertCopied(copy.path, postgres), 2 * rows);
    }),
});

Deno.test({
  name: "what is older than the days of the dashboard is not there; more days bring it",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet, copy = await copySettings(fleet);
      const store = new AuditStore(dbPath, { durability: "batched" });
      const ids = async () => (await allRows(copy.path)).map(({ id }) => id).sort().join("");
      insert(store, [callAgo(DAY_MS, "a"), callAgo(3 * DAY_MS, "b"), callAgo(9 * DAY_MS, "c")]);
      await withShipping(settings, async () => {
        await shipped(dbPath);
        await withCopying(copy, async () => {
          await copied(copy.path, postgres);
          assert.equal(await ids(), "ab");
          // What comes late is judged by when it began.
          insert(store, [callAgo(8 * DAY_MS, "d"), callAgo(6 * DAY_MS, "e")]);
          await shipped(dbPath);
          await copied(copy.path, postgres);
          assert.equal(await ids(), "abe");
        });
        await withCopying({ ...copy, days: 2 }, () => until(async () => await ids() === "a"));
        await withCopying({ ...copy, days: 30 }, () => until(async () => await ids() === "abcde"));
      });
      store.close();
      assert.equal(await assertCopied(copy.path, postgres), 5);
    }),
});

Deno.test({
  name: "PostgreSQL that is away costs two lines; the copy says so, and since when",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet, copy = await copySettings(fleet);
      const store = new AuditStore(dbPath, { durability: "batched" });
      insert(store, [callAgo(1000, "a")]);
      await withShipping(settings, () => shipped(dbPath).then(() => {}));
      await postgres.kill();
      await withCopying(copy, async (log) => {
        const FAILS = "the fleet's PostgreSQL cannot be read; what is shown is not up to date";
        const AGAIN = "the fleet's PostgreSQL can be read again";
        await log.logged(FAILS);
        await withDashboardOver(copy.path, async (json) => {
          const { copy: before } = await json("/api/log");
          assert.match(before.fault, /^nothing listens on 127\.0\.0\.1:/);
          assert.deepEqual([before.as_of, before.from, before.is_whole], [null, null, false]);
          await postgres.start();
          await log.logged(AGAIN);
          await copied(copy.path, postgres);
          const { copy: after } = await json("/api/log");
          assert.deepEqual([after.fault, after.is_whole], [null, true]);
          assert.ok(Date.parse(after.as_of) > Date.now() - 60_000);
          await postgres.kill();
          await until(async () => (await json("/api/log")).copy.fault !== null);
          assert.equal((await json("/api/log")).copy.as_of >= after.as_of, true);
          assert.equal((await json("/api/invocations")).length, 1);
          await postgres.start();
          await until(async () => (await json("/api/log")).copy.fault === null);
        });
        const said = log.lines.map(({ message }) => message);
        assert.deepEqual(said, [FAILS, AGAIN, FAILS, AGAIN]);
      });
      store.close();
    }),
});

Deno.test({
  name: "what is wrong with whoever reads is said in one sentence",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres } = fleet, copy = await copySettings(fleet);
      const said = async (address: string, expected: RegExp) => {
        await withCopying({ ...copy, destination: { address, caFile: undefined } }, async (log) => {
          await log.logged("the fleet's PostgreSQL cannot be read");
          const reason = String(log.lines[0]!.fields.reason);
          assert.match(reason, expected);
          assert.ok(!reason.includes(TEST_PASSWORD) && !reason.includes("\n"), reason);
        });
      };
      await postgres.query(`CREATE ROLE stranger LOGIN PASSWORD '${TEST_PASSWORD}'`);
      const advice =
        /make it a member of agentgate_reader, or name another user in \[fleet\] reader$/;
      await said(postgres.address("stranger"), /^stranger may not read records in agentgate;/);
      await said(postgres.address("stranger"), advice);
      await said(postgres.address(GATE), /^gate may not read records in agentgate;/);
      await said(postgres.address("reader", { password: "no" }), /^it refuses the user reader or/);
      await said(postgres.address("reader", { database: "none" }), /^it has no database none;/);
      await postgres.query("DELETE FROM agentgate.schema_version");
      await postgres.query("INSERT INTO agentgate.schema_version VALUES (1)");
      await said(
        copy.destination.address,
        /^its tables are of an older AgentGate \(schema 1\); run `agentgate fleet migrate`$/,
      );
    }),
});
