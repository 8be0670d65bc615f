/**
 * Makes an audit log of a month: 48 tools of 4 servers, 4 agents, 200 sessions a day.
 *
 * `deno run -A bench/control_plane/make_log.ts FILE [ROWS] [HOSTS]`: with HOSTS, a week's copy of the
 * log of so many machines, each with ten gateways.
 *
 * @module
 */

import { copyState } from "../../tests/fleet/copied_calls.ts";
import { CopyStore } from "../../src/fleet/copy/copy_store.ts";
import { openDatabase } from "../../src/audit/schema.ts";

const CHUNK = 50_000, DAY_S = 86_400;

/** Makes the file; the newest row begins now. */
export function makeLog(path: string, rows: number, hosts = 0): void {
  const lasts = (hosts > 0 ? 7 : 30) * DAY_S;
  if (hosts > 0) {
    using store = new CopyStore(path);
    store.write([], [], copyState());
  }
  const db = openDatabase(path, { durability: "batched" });
  db.exec("PRAGMA synchronous = OFF");
  const start = Date.now() / 1000 - lasts;
  const [columns, values] = hosts > 0
    ? [", fleet_host", `'host-' || (x / 19 % ${hosts})`]
    : ["", ""];
  const gateway = hosts > 0
    ? `${values} || '/' || (x / 19 % ${hosts} * 10 + x / 23 % 10)`
    : "'host/1'";
  const insert = db.prepare(`
    WITH RECURSIVE n(i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i < :to - 1),
    r AS MATERIALIZED (SELECT i, abs(random()) AS x, :start + i * :step AS t FROM n)
    INSERT INTO tool_invocations (id, timestamp, agent_id, session_id, server_name, tool_name,
      arguments, result, latency_ms, status, policy_hit, outcome, agent_version, protocol_version,
      method, request_id, request_bytes, result_bytes, latency_us, gateway, forwarded, change${columns})
    SELECT printf('0199b0c4-8f00-7000-8000-%012d', i),
      strftime('%Y-%m-%dT%H:%M:%f', t, 'unixepoch') || '+00:00',
      'agent-' || (x % 4), printf('%d-%d', t / 86400, x / 7 % 200), 'server-' || (x / 11 % 48 % 4),
      'tool_' || (x / 11 % 48),
      '{"path":"/home/me/project/src/' || hex(randomblob(20)) || '.ts","text":"' || hex(randomblob(60)) || '"}',
      '{"content":[{"type":"text","text":"' || hex(randomblob(100)) || '"}]}',
      x / 13 % 400, CASE WHEN x % 100 < 4 THEN 'denied' WHEN x % 100 < 7 THEN 'error' ELSE 'allowed' END,
      CASE WHEN x % 100 < 4 THEN 'rule-' || (x / 17 % 12) END,
      CASE WHEN x % 100 < 4 THEN 'denied' WHEN x % 100 < 7 THEN 'error' ELSE 'ok' END,
      '1.0', '2025-11-25', 'tools/call', CAST(i AS INTEGER), 300, 340, x / 13 % 400000, ${gateway}, 1, :change + i
      ${hosts > 0 ? `, ${values}` : ""}
    FROM r`);
  const first = Number(db.prepare("SELECT last FROM change_counter").get()!.last);
  for (let from = 0; from < rows; from += CHUNK) {
    const to = Math.min(rows, from + CHUNK);
    insert.run({ from, to, start, step: lasts / rows, change: first });
  }
  db.prepare("UPDATE change_counter SET last = last + ?").run(rows);
  db.exec("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

if (import.meta.main) {
  makeLog(Deno.args[0]!, Number(Deno.args[1] ?? 500_000), Number(Deno.args[2] ?? 0));
}
