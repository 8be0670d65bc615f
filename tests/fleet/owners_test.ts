/** A login and its logs: nobody else's login can touch them. */

import assert from "node:assert/strict";
import pg from "pg";
import { readShippingState } from "../../src/audit/shipping_state.ts";
import { AuditStore } from "../../src/audit/store.ts";
import { callAt, insert, withDatabasePath } from "../audit/support.ts";
import { assertSame, type Fleet, GATE, shipped, withFleet, withShipping } from "./fleet.ts";
import { HAS_POSTGRES, type Postgres, TEST_PASSWORD } from "./postgres.ts";

const ignore = !HAS_POSTGRES, START = Date.UTC(2026, 10, 22, 17);

/** The login of another machine. */
const OTHER = "other";

/** Runs `use` with two logins, of which {@link GATE} has shipped a call named `a`. */
async function withOwners(use: (fleet: Fleet, source: string) => Promise<void>): Promise<void> {
  await withFleet({}, async (fleet) => {
    const { postgres, dbPath } = fleet;
    await postgres.query(
      `CREATE ROLE ${OTHER} LOGIN PASSWORD '${TEST_PASSWORD}' IN ROLE agentgate_shipper`,
    );
    write(dbPath, "a");
    await ship(fleet);
    await use(fleet, readShippingState(dbPath)!.source);
  });
}

function write(dbPath: string, id: string): void {
  const store = new AuditStore(dbPath, { durability: "batched" });
  insert(store, [callAt(START, id)]);
  store.close();
}

async function ship({ settings }: Fleet, changed: Partial<Fleet["settings"]> = {}): Promise<void> {
  const all = { ...settings, ...changed };
  await withShipping(all, () => shipped(all.dbPath).then(() => {}));
}

/** Says one thing after the other as the other login; the rows of the last. */
async function asOther(postgres: Postgres, ...texts: readonly string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.address(OTHER) });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const text of texts) ({ rows } = await client.query(text));
    return rows;
  } finally {
    await client.end();
  }
}

Deno.test({
  name: "a gateway's login can neither move, find, complete nor add to what is another's",
  ignore,
  fn: () =>
    withOwners(async (fleet, source) => {
      const { postgres } = fleet;
      for (
        const sql of [
          "UPDATE agentgate.sources SET shipped_change = 9e18 RETURNING source",
          "UPDATE agentgate.sources SET login = session_user RETURNING source",
          "SELECT source FROM agentgate.sources FOR UPDATE",
          "UPDATE agentgate.calls SET outcome = 'denied' WHERE id = 'a' RETURNING id",
          "SELECT id FROM agentgate.calls",
        ]
      ) {
        assert.deepEqual(await asOther(postgres, sql), [], sql);
        assert.deepEqual(await asOther(postgres, "SET ROLE agentgate_shipper", sql), [], sql);
      }
      const add = (table: string, values: string) => `INSERT INTO agentgate.${table} ${values}`;
      for (
        const sql of [
          add(
            "sources",
            `(source, host) VALUES ('${source}', 'mine') ON CONFLICT (source)
            DO UPDATE SET host = 'mine'`,
          ),
          add("sources", `(source, host, login) VALUES (gen_random_uuid(), 'mine', '${GATE}')`),
          add(
            "calls",
            `(started_at, id, source, host, change)
            VALUES ('2026-11-22 18:00Z', 'b', '${source}', 'mine', 1)`,
          ),
          `SET SESSION AUTHORIZATION ${GATE}`,
          "ALTER TABLE agentgate.calls DISABLE ROW LEVEL SECURITY",
        ]
      ) {
        await assert.rejects(
          postgres.query(sql, [], OTHER),
          /row-level security|permission denied|must be owner/,
          sql,
        );
      }
      await postgres.query("CREATE ROLE ada LOGIN PASSWORD 'the-password-of-tests'");
      await postgres.query("GRANT agentgate_reader TO ada");
      assert.equal((await postgres.query("SELECT * FROM agentgate.calls", [], "ada")).length, 1);
      assert.equal(await assertSame(fleet), 1);
    }),
});

Deno.test({
  name: "each login ships its own logs, also of a call that another has shipped",
  ignore,
  fn: () =>
    withOwners((fleet) =>
      withDatabasePath(async (dbPath) => {
        const { postgres } = fleet, address = postgres.address(OTHER);
        await Deno.copyFile(fleet.dbPath, dbPath);
        write(dbPath, "of other");
        write(fleet.dbPath, "of gate");
        await ship(fleet, { dbPath, destination: { address, caFile: undefined } });
        await ship(fleet);
        const rows = await postgres.query(
          "SELECT id, login FROM agentgate.calls JOIN agentgate.sources USING (source) ORDER BY id",
        );
        assert.deepEqual(rows.map(({ id, login }) => [id, login]), [
          ["a", GATE],
          ["of gate", GATE],
          ["of other", OTHER],
        ]);
      })
    ),
});

Deno.test({
  name: "a log under another login is refused in one sentence, until it is given to that login",
  ignore,
  fn: () =>
    withOwners(async (fleet, source) => {
      const { postgres, dbPath, settings } = fleet;
      write(dbPath, "b");
      const destination = { address: postgres.address(OTHER), caFile: undefined };
      await withShipping({ ...settings, destination }, async (log) => {
        const message = "the fleet's PostgreSQL takes no records; they wait in the log";
        await log.logged(message);
        assert.equal(
          log.find(message)!.fields.reason,
          `the records of this log are those of the user ${GATE}; log in as that one, or let an ` +
            `administrator set login in agentgate.sources where source is ${source}`,
        );
        await postgres.query("UPDATE agentgate.sources SET login = $1 WHERE source = $2", [
          OTHER,
          source,
        ]);
        await shipped(dbPath);
      });
      assert.equal(await assertSame(fleet), 2);
    }),
});

Deno.test({
  name: "a log that was shipped before there were owners is its next login's, and works meanwhile",
  ignore,
  fn: () =>
    withOwners(async (fleet, source) => {
      const { postgres, dbPath } = fleet;
      await postgres.query("UPDATE agentgate.sources SET login = NULL");
      // What an AgentGate of then says.
      await postgres.query(
        `INSERT INTO agentgate.sources (source, host) VALUES ('${source}', 'then')
         ON CONFLICT (source) DO UPDATE SET host = EXCLUDED.host RETURNING shipped_change`,
        [],
        GATE,
      );
      const moved = `UPDATE agentgate.sources SET shipped_change = shipped_change RETURNING login`;
      assert.deepEqual(await postgres.query(moved, [], GATE), [{ login: null }]);
      write(dbPath, "b");
      await ship(fleet);
      assert.deepEqual(await postgres.query("SELECT login FROM agentgate.sources"), [
        { login: GATE },
      ]);
      assert.deepEqual(await postgres.query(moved, [], OTHER), []);
      assert.equal(await assertSame(fleet), 2);
    }),
});
