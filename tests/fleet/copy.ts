/** A copy of the fleet's log, of a test's own. */

import assert from "node:assert/strict";
import { isFilled, readCopySources, readCopyState } from "../../src/audit/copy_state.ts";
import { INVOCATION_COLUMNS } from "../../src/audit/invocation.ts";
import type { CopySettings } from "../../src/fleet/copy/copier.ts";
import { Copying } from "../../src/fleet/copy/copying.ts";
import { allRows, MemoryLog, withConnection } from "../audit/support.ts";
import { type Postgres, TEST_PASSWORD } from "./postgres.ts";

/** Calls of the last six days by 50 machines, as `make_log.ts` makes them. */
const FILL_SQL = `
  INSERT INTO agentgate.calls (started_at, source, host, change, id, timestamp, agent_id, session_id,
    server_name, tool_name, arguments, result, latency_ms, latency_us, status, outcome, policy_hit,
    agent_version, protocol_version, method, request_id, request_bytes, result_bytes, gateway, forwarded,
    policy_decision, policy_digest, run, session_calls, mono_us, facts)
  SELECT t, ('00000000-0000-4000-8000-' || lpad((i % 50)::text, 12, '0'))::uuid, 'host-' || i % 50, i,
    '0199b0c4-8f00-7000-8000-' || lpad(i::text, 12, '0'),
    to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '+00:00', 'agent-' || i % 4,
    'session-' || i / 100, 'server-' || i % 4, 'tool_' || i % 48,
    '{"path":"/home/me/project/src/' || md5(i::text) || '.ts","text":"' || repeat(md5(i::text), 4) || '"}',
    '{"content":[{"type":"text","text":"' || repeat(md5(i::text), 6) || '"}]}',
    i % 400, i % 400000, 'allowed', 'ok', NULL, '1.0', '2025-11-25', 'tools/call', i::text, 300, 340,
    'host-' || i % 50 || '/' || i % 50 * 7, 1, 'allow:default', md5('policy'),
    '0199b0c4-8f00-7000-8000-000000000001', i % 100, i * 1000, NULL
  FROM (SELECT i, $1::timestamptz + (i - $3) * $2::float8 * interval '1 second' AS t
    FROM generate_series($3::bigint, $4::bigint) AS i) AS calls`;

const DAY_MS = 86_400_000;

/** Puts calls there, from a number on, and says that they were shipped. */
export async function fillCalls(postgres: Postgres, rows: number, from = 0): Promise<void> {
  const start = new Date(Math.floor(Date.now() / 1000) * 1000 - 6 * DAY_MS);
  for (let day = 0; day < 8; day++) {
    const date = new Date(start.getTime() + day * DAY_MS).toISOString().slice(0, 10);
    await postgres.query("SELECT agentgate.prepare_day($1)", [date]);
  }
  await postgres.query(FILL_SQL, [start, 6 * 86_400 / rows, from, from + rows - 1]);
  await postgres.query(`INSERT INTO agentgate.sources (source, host, shipped_change)
    SELECT source, min(host), max(change) FROM agentgate.calls GROUP BY source
    ON CONFLICT (source) DO UPDATE SET shipped_change = EXCLUDED.shipped_change, shipped_at = now()`);
  await postgres.query("ANALYZE");
}

/** The user that reads. */
export const READER = "reader";

/** Makes the user that reads, and gives its address. */
export async function addReader(postgres: Postgres): Promise<string> {
  await postgres.query(
    `CREATE ROLE ${READER} LOGIN PASSWORD '${TEST_PASSWORD}' IN ROLE agentgate_reader`,
  );
  return postgres.address(READER);
}

/** Runs `use` while the fleet's log is copied. */
export async function withCopying(
  settings: CopySettings,
  use: (log: MemoryLog) => Promise<void>,
): Promise<void> {
  const log = new MemoryLog();
  using _copying = new Copying(settings, log);
  await use(log);
}

/** Milliseconds after which nothing is waited for any more. */
const PATIENCE_MS = 60_000;

/** Looks every 20 ms whether a copy is as it should be: nothing tells of another process's writes. */
export async function until(is: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!await is()) {
    if (performance.now() > end) throw new Error("the copy does not become what it should be");
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Resolves when everything that was shipped until now is in the copy. */
export async function copied(path: string, postgres: Postgres): Promise<void> {
  const sources = await postgres.query("SELECT source, shipped_change FROM agentgate.sources");
  await until(async () => {
    try {
      Deno.statSync(path);
      return await withConnection(path, (db) => {
        const state = readCopyState(db);
        if (state === null || state.asOf === null || !isFilled(state)) return false;
        const marks = new Map(readCopySources(db).map(({ source, mark }) => [source, mark]));
        return sources.every(({ source, shipped_change }) =>
          (marks.get(source) ?? -1) >= shipped_change
        );
      });
    } catch {
      return false;
    }
  });
}

/** The rows of the copy are those of PostgreSQL, each once. Gives their number. */
export async function assertCopied(path: string, postgres: Postgres): Promise<number> {
  const columns = INVOCATION_COLUMNS.join(", ");
  const there = await postgres.query(
    `SELECT host, ${columns} FROM agentgate.calls ORDER BY id`,
  );
  const here = (await allRows(path)).map((row) => [
    row.fleet_host,
    ...INVOCATION_COLUMNS.map((name) => row[name]),
  ]).sort((a, b) => `${a[1]}` < `${b[1]}` ? -1 : 1);
  const expected = there.map((row) => [row.host, ...INVOCATION_COLUMNS.map((name) => row[name])]);
  assert.equal(here.length, expected.length);
  assert.deepEqual(here, expected);
  return here.length;
}
