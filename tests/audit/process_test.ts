import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { AuditLog } from "../../src/audit/audit_log.ts";
import { allRows, auditOptions, createOriginalDatabase, withDatabasePath } from "./support.ts";

const PROCESSES = 8;
const CALLS = 1000;

/** How far the log may be behind: the promise of `batched`. */
const BEHIND_MS = 50;

function spawnWriter(...args: string[]): Deno.ChildProcess {
  const env: Record<string, string> = {};
  for (const name of ["HOME", "DENO_DIR", "PATH", "SystemRoot", "TEMP"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  const script = fileURLToPath(new URL("./write_calls.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args],
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Lets an endless writer write `lines` calls, kills it; gives the calls and the time of the kill. */
async function killedWriter(
  path: string,
  durability: string,
  lines: number,
): Promise<{ calls: { id: string; time: number }[]; killedAt: number }> {
  const writer = spawnWriter(path, "endless", durability);
  let text = "";
  let killedAt = 0;
  for await (const chunk of writer.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (killedAt > 0 || text.split("\n").length <= lines) continue;
    killedAt = Date.now();
    writer.kill("SIGKILL");
  }
  await writer.status;
  const calls = text.split("\n").slice(0, -1).map((line) => {
    const [id, time] = line.split(" ");
    return { id: id!, time: Number(time) };
  });
  return { calls, killedAt };
}

for (const file of ["a new file", "a file of the original"]) {
  Deno.test(`AuditLog: ${PROCESSES} processes write ${CALLS} calls each to ${file}`, () =>
    withDatabasePath(async (path) => {
      if (file !== "a new file") createOriginalDatabase(path, []);
      const writers = Array.from({ length: PROCESSES }, () => spawnWriter(path, String(CALLS)));
      const ends = await Promise.all(writers.map((writer) => writer.output()));
      assert(ends.every(({ success }) => success));
      const rows = await allRows(path);
      assert.equal(rows.length, PROCESSES * CALLS);
      assert(rows.every(({ outcome }) => outcome === "ok"));
      assert.equal(new Set(rows.map(({ gateway }) => gateway)).size, PROCESSES);
    }));
}

Deno.test(`AuditLog: SIGKILL leaves at most the last ${BEHIND_MS} ms unseen`, () =>
  withDatabasePath(async (path) => {
    const { calls, killedAt } = await killedWriter(path, "batched", 150);
    const stored = new Set((await allRows(path)).map(({ id }) => id));
    const due = calls.filter(({ time }) => killedAt - time > BEHIND_MS);
    assert(due.length > 20, `${due.length} calls were due`);
    assert.deepEqual(due.filter(({ id }) => !stored.has(id)), []);
  }));

Deno.test("AuditLog: SIGKILL leaves nothing unseen when strict", () =>
  withDatabasePath(async (path) => {
    const { calls } = await killedWriter(path, "strict", 50);
    const stored = new Set((await allRows(path)).map(({ id }) => id));
    assert(calls.length >= 50);
    assert.deepEqual(calls.filter(({ id }) => !stored.has(id)), []);
  }));

Deno.test("AuditLog.open ends the open rows of a process that was killed", () =>
  withDatabasePath(async (path) => {
    await killedWriter(path, "strict", 5);
    assert((await allRows(path)).every(({ outcome }) => outcome === "open"));
    const audit = await AuditLog.open(auditOptions({ path }));
    await audit.close();
    const rows = await allRows(path);
    assert(rows.length >= 5);
    assert(rows.every(({ outcome, status }) => outcome === "unknown" && status === "error"));
  }));
