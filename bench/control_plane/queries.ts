/**
 * How long the API takes, warm, over a log whose statistics are counted.
 *
 * `deno run -A bench/control_plane/queries.ts FILE`: FILE as `make_log.ts` makes it.
 *
 * @module
 */

import { LogSource } from "../../src/web/log_source.ts";
import { NO_CONFIG } from "../../src/web/plane_settings.ts";
import { serveDashboard } from "../../src/web/server.ts";
import { StatsKeeper } from "../../src/web/stats_keeper.ts";

const SPANS = ["1h", "24h", "7d", "14d", "30d", "all"];

const QUERIES: readonly string[] = [
  ...["limit=50", "limit=500", "status=denied", "outcome=timed_out", "tool=absent", "since=1h"].map(
    (query) => `/api/invocations?${query}`,
  ),
  "/api/invocations?took=%3E399ms&limit=10",
  "/api/invocations?server=server-1&tool=tool_1&rule=rule-3",
  "/api/invocations?text=nowhere&within=40",
  ...["overview", "tools", "violations", "sessions"].flatMap((path) =>
    SPANS.map((span) => `/api/${path}?span=${span}`)
  ),
  "/api/tools?span=30d&by=agent",
  "/metrics",
];

const dbPath = Deno.args[0]!, key = "a key for measuring";
{
  using log = new LogSource(dbPath);
  using stats = new StatsKeeper(log);
  const start = performance.now();
  stats.countAll();
  console.log(`counting what was not counted: ${Math.round(performance.now() - start)} ms`);
}
const settings = { port: 0, key, dbPath, policyPaths: [], maxScanMs: 250, otlp: null };
await using served = serveDashboard({ ...settings, serverName: null, config: NO_CONFIG }, () => {});
for (const query of QUERIES) {
  const times: number[] = [];
  for (let run = 0; run < 6; run++) {
    const start = performance.now();
    const response = await fetch(`http://127.0.0.1:${served.port}${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    await response.arrayBuffer();
    times.push(performance.now() - start);
    if (!response.ok) throw new Error(`${query}: ${response.status}`);
  }
  const warm = times.slice(1).sort((a, b) => a - b);
  console.log(`${warm[2]!.toFixed(1).padStart(8)} ms  ${query}`);
}
