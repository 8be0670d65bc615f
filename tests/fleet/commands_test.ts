import assert from "node:assert/strict";
import { join } from "node:path";
import { AuditStore } from "../../src/audit/store.ts";
import { FLEET_SCHEMA_VERSION, fleetSchemaSql } from "../../src/fleet/log/schema.ts";
import { INVOCATION_COLUMNS } from "../../src/audit/invocation.ts";
import { callAt, insert } from "../audit/support.ts";
import { type Home, withHome } from "../cli/agentgate.ts";
import { scripted, withWrap } from "../e2e/gateway.ts";
import { addGate, GATE, shipped, withShipping } from "./fleet.ts";
import { HAS_POSTGRES, type Postgres, withPostgres } from "./postgres.ts";

const ignore = !HAS_POSTGRES;

/** The text of a configuration with a fleet. */
const configText = (address: string) =>
  `dashboard_port = 0\n[fleet]\npostgres = ${JSON.stringify(address)}\nname = "laptop-ada"\n`;

/** Runs `use` with an empty engine, and the program in a home whose configuration names it. */
async function withHomeAndEngine(
  use: (home: Home, postgres: Postgres) => Promise<void>,
): Promise<void> {
  await withPostgres({}, (postgres) =>
    withHome(async (home) => {
      await home.write(".agentgate/config.toml", configText(postgres.address(GATE)));
      await use(home, postgres);
    }));
}

Deno.test({
  name: "fleet schema prints the SQL that fleet migrate runs, with every column of the log",
  ignore,
  fn: () =>
    withHomeAndEngine(async (home, postgres) => {
      const { code, stdout } = await home.run(["fleet", "schema"]);
      assert.deepEqual([code, stdout], [0, fleetSchemaSql()]);
      for (let times = 0; times < 2; times++) {
        const migrated = await home.run(["fleet", "migrate", "--postgres", postgres.address()]);
        assert.deepEqual(migrated, {
          code: 0,
          stdout: "The tables of AgentGate are up to date.\n",
          stderr: "",
        });
      }
      await postgres.query(stdout);
      const columns = await postgres.query(`SELECT column_name AS name
        FROM information_schema.columns WHERE table_schema = 'agentgate' AND table_name = 'calls'`);
      const names = new Set(columns.map(({ name }) => name));
      assert.deepEqual(INVOCATION_COLUMNS.filter((name) => !names.has(name)), []);
    }),
});

Deno.test({
  name: "fleet migrate says in one sentence what is in its way",
  ignore,
  fn: () =>
    withHomeAndEngine(async (home, postgres) => {
      await addStranger(postgres);
      const run = async (...words: string[]) => await home.run(["fleet", "migrate", ...words]);
      const stranger = await run("--postgres", postgres.address("stranger"));
      assert.equal(stranger.code, 1);
      assert.match(
        stranger.stderr,
        /^error: PostgreSQL: this user may not create schemas and roles; .*\n$/,
      );
      const { code, stderr } = await run("--postgres", "http://example.com/agentgate");
      assert.equal(code, 2);
      assert.match(stderr, /^error: the address of PostgreSQL must be like postgres:/);
      await home.write(".agentgate/config.toml", "");
      const none = await run();
      assert.equal(none.code, 2);
      assert.match(none.stderr, /^error: there is no \[fleet\] postgres in the configuration/);
    }),
});

async function addStranger(postgres: Postgres): Promise<void> {
  await postgres.query("CREATE ROLE stranger LOGIN PASSWORD 'the-password-of-tests'");
}

Deno.test({
  name: "fleet status and doctor say how many records wait, and what is wrong",
  ignore,
  fn: () =>
    withHomeAndEngine(async (home, postgres) => {
      const dbPath = home.path(".agentgate", "logs.db");
      const doctor = async () => {
        const { stdout } = await home.run(["doctor"]);
        return stdout.split("\n").filter((line) => /PostgreSQL|wait/.test(line)).join("\n");
      };
      assert.match(await doctor(), /\[!!\] {2}PostgreSQL: it refuses the user gate/);
      await home.run(["fleet", "migrate", "--postgres", postgres.address()]);
      await addGate(postgres);
      assert.match(await doctor(), /\[ok\] {2}PostgreSQL takes records\n.*there is no log yet/);
      const none = await home.run(["fleet", "status"]);
      assert.equal(none.code, 1);
      const store = new AuditStore(dbPath, { durability: "batched" });
      insert(store, [callAt(Date.UTC(2026, 10, 22)), callAt(Date.UTC(2026, 10, 22))]);
      const before = await home.run(["fleet", "status"]);
      assert.equal(before.code, 0);
      assert.match(before.stdout, /^2 changes of .*logs\.db wait .*\nlast shipped: never\n$/);
      const destination = { address: postgres.address(GATE), caFile: undefined };
      await withShipping({ dbPath, destination, host: "laptop" }, async () => {
        await shipped(dbPath);
      });
      assert.match(await doctor(), /\[ok\] {2}0 changes of the log wait for it \(last shipped: 2/);
      insert(store, [callAt(Date.UTC(2026, 10, 22))]);
      store.close();
      const { stdout } = await home.run(["fleet", "status"]);
      assert.match(stdout, /^1 changes of .*\nlast shipped: 20.*Z\n$/);
    }),
});

Deno.test({
  name: "wrap ships what it records, as it is recorded: what was redacted stays so",
  ignore,
  fn: () =>
    withHomeAndEngine(async (home, postgres) => {
      await home.run(["fleet", "migrate", "--postgres", postgres.address()]);
      await addGate(postgres);
      const policy = await home.write(
        "policy.toml",
        `[[rules]]\nid = "mask"\ntool = "*"\naction = "redact"\npattern = 'SECRET-\\d+'\n`,
      );
      const setup = {
        config: configText(postgres.address(GATE)),
        options: ["--policy", policy, "--name", "files"],
      };
      await withWrap(scripted(), setup, async (wrap) => {
        const params = { name: "echo", arguments: { text: "a SECRET-123 b" } };
        await wrap.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
        await wrap.next();
        await shipped(join(wrap.home, "logs.db"));
        await wrap.closeInput();
        await wrap.child.status;
        assert.ok(!wrap.stderr().includes("PostgreSQL"), wrap.stderr());
      });
      const [row, ...more] = await postgres.query("SELECT * FROM agentgate.calls");
      assert.deepEqual(more, []);
      assert.deepEqual([row.host, row.server_name], ["laptop-ada", "files"]);
      assert.ok(!JSON.stringify(row).includes("SECRET-123"), JSON.stringify(row));
      assert.match(row.arguments, /REDACTED/);
    }),
});

Deno.test({
  name: "wrap goes on without its PostgreSQL, and says so in one sentence",
  fn: async () => {
    const config = configText("postgres://gate:secret@127.0.0.1:1/agentgate");
    await withWrap(scripted(), { config }, async (wrap) => {
      const params = { name: "echo", arguments: {} };
      await wrap.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
      assert.equal((await wrap.next()).id, 1);
      await wrap.stderrHas("nothing listens on 127.0.0.1:1");
      await wrap.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params });
      assert.equal((await wrap.next()).id, 2);
      await wrap.closeInput();
      assert.equal((await wrap.child.status).code, 0);
      const lines = wrap.stderr().split("\n").filter((line) => line.includes("PostgreSQL"));
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(
        lines[0]!,
        / WARN the fleet's PostgreSQL takes no records; they wait in the log reason="nothing listens on 127\.0\.0\.1:1"$/,
      );
      assert.ok(!wrap.stderr().includes("secret"));
    });
  },
});

Deno.test("without a fleet nothing of it is loaded: gateways reach it by dynamic imports alone", async () => {
  for (const entry of ["wrap", "wrap_on_thread", "wrap_here", "serve", "relay_worker"]) {
    const loaded = await loadedBy(new URL(`../../src/gateway/${entry}.ts`, import.meta.url).href);
    assert.ok(loaded.size > 5, entry);
    const ofFleet = [...loaded].filter((module) => /\/src\/fleet\/|^npm:\/?pg@/.test(module));
    assert.deepEqual(ofFleet, [], entry);
  }
});

/** A module, and all that it imports before it runs. */
async function loadedBy(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry] })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map<string, ModuleInfo>(
    modules.map((module: ModuleInfo) => [module.specifier, module]),
  );
  const loaded = new Set([entry]);
  for (const module of loaded) {
    for (const { code, isDynamic } of byName.get(module)?.dependencies ?? []) {
      if (code?.specifier !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  return loaded;
}

/** A module as `deno info` describes it. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

Deno.test("the schema's version goes up with its SQL", async () => {
  const bytes = new TextEncoder().encode(fleetSchemaSql());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 16);
  assert.deepEqual(
    [FLEET_SCHEMA_VERSION, digest],
    [3, "cc846ece84651dd7"],
    "raise FLEET_SCHEMA_VERSION",
  );
});
