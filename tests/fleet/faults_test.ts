import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Destination } from "../../src/fleet/log/destination.ts";
import { faultWords } from "../../src/fleet/log/fault_words.ts";
import { FLEET_SCHEMA_VERSION } from "../../src/fleet/log/schema.ts";
import { AuditStore } from "../../src/audit/store.ts";
import { callAt, insert, type MemoryLog, withDatabasePath } from "../audit/support.ts";
import { assertSame, type Fleet, GATE, shipped, withFleet, withShipping } from "./fleet.ts";
import { CAN_MOUNT, HAS_POSTGRES, TEST_PASSWORD, withStandby } from "./postgres.ts";

const ignore = !HAS_POSTGRES;

const MESSAGE = "the fleet's PostgreSQL takes no records; they wait in the log";
const AGAIN = "the fleet's PostgreSQL takes records again";

const certificates = fileURLToPath(new URL("../gateway/http/certificates/", import.meta.url));
const CA = `${certificates}ca.pem`;
const TLS = {
  cert: await Deno.readTextFile(`${certificates}localhost.pem`),
  key: await Deno.readTextFile(`${certificates}localhost.key`),
};

/** Ships one row to a destination that is not as it should be; what is said of it. */
async function saidOf(
  { dbPath, settings }: Fleet,
  destination: Partial<Destination>,
  then: (log: MemoryLog) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const store = new AuditStore(dbPath, { durability: "batched" });
  insert(store, [callAt(Date.UTC(2026, 10, 22))]);
  let reason = "";
  const changed = { ...settings, destination: { ...settings.destination, ...destination } };
  await withShipping(changed, async (log) => {
    await log.logged(MESSAGE);
    reason = String(log.find(MESSAGE)!.fields.reason);
    await then(log);
  });
  store.close();
  return reason;
}

Deno.test({
  name: "what is wrong with PostgreSQL is said in one sentence, without the password",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres } = fleet, { port } = postgres;
      await postgres.query("CREATE DATABASE empty");
      await postgres.query(`CREATE ROLE stranger LOGIN PASSWORD '${TEST_PASSWORD}'`);
      const said = async (address: string, expected: RegExp) => {
        const reason = await saidOf(fleet, { address });
        assert.match(reason, expected);
        assert.ok(!reason.includes(TEST_PASSWORD) && !reason.includes("\n"), reason);
      };
      await said(
        postgres.address(GATE, { password: "wrong" }),
        /^it refuses the user gate or its password; correct the address$/,
      );
      await said(postgres.address("nobody"), /^it refuses the user nobody or its password/);
      await said(
        postgres.address(GATE, { database: "none" }),
        /^it has no database none; create it, or correct the address$/,
      );
      await said(
        postgres.address(GATE, { database: "empty" }),
        /^it has no tables of AgentGate yet; run `agentgate fleet migrate`$/,
      );
      await said(
        postgres.address("stranger"),
        /^stranger may not write records in agentgate; make it a member of agentgate_shipper$/,
      );
      await said(
        `postgres://gate:x@127.0.0.1:${port}/agentgate?sslmode=require`,
        /^127\.0\.0\.1 has no TLS; switch it on there, or add \?sslmode=disable to the address$/,
      );
      await said("postgres://gate:x@127.0.0.1:1/agentgate", /^nothing listens on 127\.0\.0\.1:1$/);
      await said(
        "postgres://gate:x@no-such-host.invalid/agentgate",
        /^(there is no host no-such-host\.invalid|the name no-such-host\.invalid cannot be looked up now)$/,
      );
      await said("postgres://gate:100%@127.0.0.1/agentgate", /^a % in the address of PostgreSQL/);
      await postgres.query("CREATE ROLE closed PASSWORD 'the-password-of-tests'");
      await said(postgres.address("closed"), /^it says: .* not permitted to log in \(28000\)$/);
      await said("postgres://127.0.0.1/agentgate", /^the address of PostgreSQL names no user$/);
    }),
});

Deno.test("what listens there and is no PostgreSQL is said in one sentence, by the thread that goes on", () =>
  withDatabasePath(async (dbPath) => {
    const store = new AuditStore(dbPath, { durability: "batched" });
    insert(store, [callAt(Date.UTC(2026, 10, 22))]);
    store.close();
    // "Log in by a ticket of Kerberos", and what is no message at all.
    for (const answer of ["R\0\0\0\x08\0\0\0\x07", "\0".repeat(20)]) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr as Deno.NetAddr, asked: Deno.Conn[] = [];
      const twice = Promise.withResolvers<void>();
      const answering = (async () => {
        for await (const connection of listener) {
          await connection.read(new Uint8Array(1000));
          await connection.write(new TextEncoder().encode(answer));
          if (asked.push(connection) === 2) twice.resolve();
        }
      })();
      const address = `postgres://gate:secret@127.0.0.1:${port}/agentgate`;
      const destination = { address, caFile: undefined };
      await withShipping({ dbPath, destination, host: "laptop" }, async (log) => {
        await twice.promise;
        assert.deepEqual(
          log.lines.map(({ message, fields }) => [message, fields.reason]),
          [[
            MESSAGE,
            `what listens on 127.0.0.1:${port} is no PostgreSQL, or wants a login by other means ` +
            "than a password",
          ]],
        );
      });
      listener.close();
      await answering;
      for (const connection of asked) connection.close();
    }
  }));

Deno.test("an engine that does not answer is said to be that, whatever the library calls it", () => {
  const place = { host: "db", port: 5432, user: "gate", database: "agentgate" };
  for (const said of ["timeout expired", "Query read timeout"]) {
    assert.equal(faultWords(new Error(said), place), "db:5432 does not answer");
  }
  const expired = new Error("invalid peer certificate: certificate expired: verification time");
  assert.equal(faultWords(expired, place), "the certificate of db is not valid now");
});

Deno.test({
  name: "an old schema is said once, and records go on when it is new",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath } = fleet;
      await postgres.query("UPDATE agentgate.schema_version SET version = 0");
      const reason = await saidOf(fleet, {}, async (log) => {
        await postgres.query("UPDATE agentgate.schema_version SET version = $1", [
          FLEET_SCHEMA_VERSION,
        ]);
        await log.logged(AGAIN);
        await shipped(dbPath);
        assert.deepEqual(log.lines.map(({ message }) => message), [MESSAGE, AGAIN]);
      });
      assert.equal(
        reason,
        "its tables are of an older AgentGate (schema 0); run `agentgate fleet migrate`",
      );
      assert.equal(await assertSame(fleet), 1);
    }),
});

Deno.test({
  name: "a standby takes no records, which is said; promoted, it does",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withStandby(fleet.postgres, async (standby) => {
        const reason = await saidOf(fleet, { address: standby.address(GATE) }, async (log) => {
          await standby.query("SELECT pg_promote()");
          await log.logged(AGAIN);
          await shipped(fleet.dbPath);
        });
        assert.equal(reason, "it is read-only, as a standby is; name the primary in the address");
        assert.equal(await assertSame({ ...fleet, postgres: standby }), 1);
      })),
});

Deno.test({
  name: "a full disk there is said to be that; once there is room, records go on",
  ignore: ignore || !CAN_MOUNT,
  fn: () =>
    withFleet({ smallDisk: 8 << 20 }, async (fleet) => {
      const { postgres, dbPath } = fleet;
      await postgres.query("ALTER DATABASE agentgate SET default_tablespace = small");
      await postgres.query("CREATE TABLE filler (text text)");
      const more =
        "INSERT INTO filler SELECT repeat(md5(n::text), 30) FROM generate_series(1, 100) n";
      await assert.rejects(async () => {
        for (;;) await postgres.query(more);
      }, /No space left on device/);
      const reason = await saidOf(fleet, {}, async (log) => {
        await postgres.query("DROP TABLE filler");
        await log.logged(AGAIN);
        await shipped(dbPath);
      });
      assert.equal(reason, "its disk is full");
      assert.equal(await assertSame(fleet), 1);
    }),
});

Deno.test({
  name: "a certificate is verified: who signed it, and for whom",
  ignore,
  fn: () =>
    withFleet({ tls: TLS }, async (fleet) => {
      const { postgres, dbPath } = fleet;
      const at = (host: string) =>
        `postgres://${GATE}:${TEST_PASSWORD}@${host}:${postgres.port}/agentgate?sslmode=verify-full`;
      assert.equal(
        await saidOf(fleet, { address: at("localhost") }),
        "the certificate of localhost is signed by nobody trusted here; set postgres_ca",
      );
      assert.equal(
        await saidOf(fleet, { address: at("127.0.0.2"), caFile: CA }),
        "the certificate there is not for 127.0.0.2; use the name that it was made for",
      );
      assert.match(
        await saidOf(fleet, { address: at("localhost"), caFile: "/none.pem" }),
        /^postgres_ca \/none\.pem cannot be read: no such file or folder$/,
      );
      for (const host of ["localhost", "127.0.0.1"]) {
        const destination = { address: at(host), caFile: CA };
        await withShipping(
          { ...fleet.settings, destination },
          () => shipped(dbPath).then(() => {}),
        );
      }
      assert.equal(await assertSame(fleet), 3);
    }),
});

Deno.test({
  name: "an engine that ends and comes back costs two lines, and no record",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet;
      const store = new AuditStore(dbPath, { durability: "batched" });
      const add = () => insert(store, [callAt(Date.UTC(2026, 10, 22))]);
      add();
      await withShipping(settings, async (log) => {
        await shipped(dbPath);
        await postgres.kill();
        add();
        await log.logged(MESSAGE);
        await postgres.start();
        await log.logged(AGAIN);
        await shipped(dbPath);
        assert.deepEqual(log.lines.map(({ message }) => message), [MESSAGE, AGAIN]);
        assert.match(String(log.lines[0]!.fields.reason), /^nothing listens on 127\.0\.0\.1:/);
      });
      store.close();
      assert.equal(await assertSame(fleet), 2);
    }),
});
