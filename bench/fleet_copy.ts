/**
 * How fast the fleet's log is copied to a machine that looks at it, and what that costs: our share of the
 * processor and the engine's apart.
 *
 * `deno run -A bench/fleet_copy.ts [400000]`. Needs Linux, and Debian's postgresql.
 *
 * @module
 */

import { join } from "node:path";
import { addReader, copied, withCopying } from "../tests/fleet/copy.ts";
import { withFleet } from "../tests/fleet/fleet.ts";
import { cpuMs, treeOf } from "./processes.ts";

const rows = Number(Deno.args[0] ?? 400_000), DAY_MS = 86_400_000;

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
  FROM (SELECT i, $1::timestamptz + i * $2::float8 * interval '1 second' AS t
    FROM generate_series(0, $3::bigint - 1) AS i) AS calls`;

await withFleet({}, async ({ postgres, dbPath }) => {
  const start = new Date(Math.floor(Date.now() / 1000) * 1000 - 6 * DAY_MS);
  for (let day = 0; day < 8; day++) {
    await postgres.query("SELECT agentgate.prepare_day($1)", [
      new Date(start.getTime() + day * DAY_MS).toISOString().slice(0, 10),
    ]);
  }
  await postgres.query(FILL_SQL, [start, 6 * 86_400 / rows, rows]);
  await postgres.query(`INSERT INTO agentgate.sources (source, host, shipped_change)
    SELECT source, min(host), max(change) FROM agentgate.calls GROUP BY source`);
  await postgres.query("ANALYZE");
  const path = join(dbPath, "..", "fleet.db");
  const destination = { address: await addReader(postgres), caFile: undefined };
  const cpu = () => ({ ours: cpuMs([Deno.pid]), engine: cpuMs(treeOf(postgres.pid)) });
  const before = cpu(), since = performance.now();
  await withCopying({ path, destination, days: 7 }, () => copied(path, postgres));
  const ms = performance.now() - since, after = cpu();
  const each = (used: number) => `${(1000 * used / rows).toFixed(1)} µs of the processor`;
  console.log(
    `${rows} rows in ${(ms / 1000).toFixed(1)} s: ${(1000 * rows / ms).toFixed(0)} a second`,
  );
  console.log(`a row takes ${each(after.ours - before.ours)} here`);
  console.log(`and ${each(after.engine - before.engine)} of the engine's`);
  console.log(`and ${(Deno.statSync(path).size / rows).toFixed(0)} bytes of the file`);
  if (Deno.args[1] !== undefined) await Deno.copyFile(path, Deno.args[1]);
});
