/** Runs a scenario twice, without the gateway and through it, and compares all there is. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, readRows } from "../gateway.ts";
import { childEnv, isAlive } from "../machine.ts";
import type { Agent, Setup } from "./agent.ts";
import { normalised } from "./normalise.ts";
import { type Expected, expectedRows, withoutAbridged } from "./records.ts";
import { transportOptions } from "../transports.ts";

/** Far longer than any step takes. */
const STEP_TIMEOUT_MS = 20_000;

/** Where a run may leave things: a folder of its own. */
export interface Place {
  readonly folder: string;
}

/** One thing that a client does, and what came of it, as JSON. */
export interface Step<A> {
  readonly name: string;
  /** Whether it is to end with an error. */
  readonly fails?: boolean;
  readonly run: (agent: A, place: Place) => unknown;
}

/** What a client does with a server, from its start to its end. */
export interface Scenario<A> {
  readonly server: (place: Place) => readonly [string, ...string[]];
  readonly env?: (place: Place) => Record<string, string>;
  /** Whether the client offers its folder as a root. */
  readonly roots?: boolean;
  readonly prepare?: (place: Place) => Promise<void>;
  readonly steps: readonly Step<A>[];
  /** Every outcome that must stand in the audit table, in the order of the alphabet. */
  readonly outcomes: readonly string[];
  /** Tools that the server lists and only another scenario calls; none when it is absent. */
  readonly uncalled?: readonly string[] | "any";
}

/** What one run gave. */
interface Run {
  readonly outcomes: Record<string, unknown>;
  readonly stderr: string;
}

/** A client without a pid of its own has started nothing. */
export interface Closable {
  close(): Promise<void>;
  readonly pid: number;
  readonly stderr: () => string;
  readonly inbox?: Agent["inbox"];
}

/** The words of a command that starts an npm package's server. */
export function npmServer(name: string, ...args: string[]): [string, ...string[]] {
  return runDeno(`npm:@modelcontextprotocol/server-${name}@2026.8.31`, ...args);
}

/** The words of a command that starts a script of this folder. */
export function script(name: string, ...args: string[]): [string, ...string[]] {
  return runDeno(join(PROJECT, "tests/e2e/transparency", name), ...args);
}

function runDeno(...args: string[]): [string, ...string[]] {
  return [Deno.execPath(), "run", "-A", "--quiet", "--config", join(PROJECT, "deno.json"), ...args];
}

/**
 * Proves that `scenario` is the same through the gateway as without it: for the client, for the
 * server (byte by byte), and in the audit table. Nothing it started is left.
 *
 * @returns the rows, for what only one scenario has to say.
 */
export async function assertTransparent<A extends Closable>(
  scenario: Scenario<A>,
  connect: (setup: Setup) => Promise<A>,
): Promise<Expected[]> {
  const top = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-transparency-" }));
  try {
    const home = join(top, "home"), tapes = join(top, "tapes"), db = join(top, "logs.db");
    await Deno.mkdir(home);
    await Deno.mkdir(tapes);
    const through = (server: readonly string[]): [string, ...string[]] => {
      const main = join(PROJECT, "main.ts");
      return [
        ...script("tee.ts", tapes, "agent"),
        ...runDeno(main, "wrap", ...transportOptions(), "--db", db, "--name", "transparent", "--"),
        ...script("tee.ts", tapes, "server"),
        ...server,
      ];
    };
    const runs = await Promise.allSettled([
      runScenario(scenario, connect, { folder: join(top, "direct") }, home, (server) => server),
      runScenario(scenario, connect, { folder: join(top, "gateway") }, home, through),
    ]);
    const [direct, gateway] = runs.map((run) => {
      if (run.status === "rejected") throw run.reason;
      return run.value;
    }) as [Run, Run];
    try {
      for (const [name, outcome] of Object.entries(direct.outcomes)) {
        assert.deepEqual({ [name]: gateway.outcomes[name] }, { [name]: outcome });
      }
      for (const { name, fails } of scenario.steps) {
        const failed = "error" in (direct.outcomes[name] as object);
        assert.equal(failed, fails ?? false, JSON.stringify(direct.outcomes[name]));
      }
      await assertSameBytes(tapes);
      await assertAllGone(tapes);
      return await assertRecorded(scenario, tapes, db);
    } catch (error) {
      console.error(`The gateway said:\n${gateway.stderr}\nThe server alone:\n${direct.stderr}`);
      throw error;
    }
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

async function runScenario<A extends Closable>(
  scenario: Scenario<A>,
  connect: (setup: Setup) => Promise<A>,
  place: Place,
  home: string,
  wrapped: (server: readonly [string, ...string[]]) => readonly [string, ...string[]],
): Promise<Run> {
  await Deno.mkdir(place.folder);
  await scenario.prepare?.(place);
  const agent = await connect({
    command: wrapped(scenario.server(place)),
    root: scenario.roots ? place.folder : undefined,
    env: {
      ...await childEnv(home),
      ...scenario.env?.(place),
    },
  });
  const outcomes: Record<string, unknown> = {};
  try {
    for (const step of scenario.steps) {
      outcomes[step.name] = normalised(await outcomeOf(() => inTime(step.run(agent, place))));
    }
    const heard = agent.inbox?.all.map((message) => JSON.stringify(normalised(message))) ?? [];
    outcomes["every notification"] = { value: heard.toSorted() };
  } finally {
    await agent.close();
  }
  assert.equal(await isAlive(agent.pid), false, "the program that the client started is gone");
  return { outcomes, stderr: agent.stderr() };
}

/** An end for a step whose message was lost on the way. */
async function inTime(work: unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the step does not end")), STEP_TIMEOUT_MS);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A value as JSON has it, or what an error tells. */
async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    return { value: JSON.parse(JSON.stringify(await run() ?? null)) };
  } catch (fault) {
    if (!(fault instanceof Error)) return { error: String(fault) };
    const { name, message, code, data } = fault as Error & { code?: unknown; data?: unknown };
    return JSON.parse(JSON.stringify({ error: { name, message, code, data } }));
  }
}

async function assertSameBytes(tapes: string): Promise<void> {
  for (const direction of ["to_server", "to_agent"]) {
    const [agent, server] = await Promise.all([
      Deno.readFile(join(tapes, `agent.${direction}`)),
      Deno.readFile(join(tapes, `server.${direction}`)),
    ]);
    assert.ok(agent.length > 0, `something went ${direction}`);
    const shorter = Math.min(agent.length, server.length);
    let at = 0;
    while (at < shorter && agent[at] === server[at]) at++;
    const near = (bytes: Uint8Array) =>
      new TextDecoder().decode(bytes.slice(Math.max(0, at - 80), at + 80));
    assert.equal(near(agent), near(server), `${direction}, byte ${at}`);
    assert.equal(agent.length, server.length, direction);
  }
}

async function assertAllGone(tapes: string): Promise<void> {
  for (const side of ["agent", "server"]) {
    const pids = await Deno.readTextFile(join(tapes, `${side}.pids`));
    for (const pid of pids.trim().split("\n")) {
      assert.equal(
        await isAlive(Number(pid)),
        false,
        `process ${pid} of the ${side}'s side is gone`,
      );
    }
  }
}

async function assertRecorded<A>(
  scenario: Scenario<A>,
  tapes: string,
  db: string,
): Promise<Expected[]> {
  const [toServer, toAgent] = await Promise.all([
    Deno.readTextFile(join(tapes, "agent.to_server")),
    Deno.readTextFile(join(tapes, "agent.to_agent")),
  ]);
  const expected = expectedRows(toServer, toAgent);
  const rows = readRows(db);
  assert.deepEqual(
    rows.map((row) =>
      Object.fromEntries(Object.keys(expected[0]!).map((key) => [key, withoutAbridged(row[key])]))
    ),
    expected,
  );
  for (const row of rows) {
    assert.match(row.session_id, /^[0-9a-f-]{36}$/);
    assert.equal(row.session_id, rows[0].session_id);
    assert.equal(row.server_name, "transparent");
    assert.equal(row.policy_hit, null);
    assert.ok(row.latency_us > 0);
  }
  assert.deepEqual([...new Set(rows.map((row) => row.outcome))].sort(), scenario.outcomes);
  const called = new Set(rows.map((row) => row.tool_name));
  const uncalled = listedTools(toAgent).filter((name) => !called.has(name));
  if (scenario.uncalled !== "any") {
    assert.deepEqual(uncalled.sort(), (scenario.uncalled ?? []).toSorted());
  }
  return expected;
}

/** The names in the longest `tools/list` answer of a session. */
function listedTools(toAgent: string): string[] {
  const lists = toAgent.split("\n").filter((line) => line !== "").flatMap((l) => JSON.parse(l))
    .map((message) => message.result?.tools as { name: string }[] | undefined)
    .filter((tools) => tools !== undefined);
  return lists.at(-1)?.map((tool) => tool.name) ?? [];
}
