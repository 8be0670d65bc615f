/**
 * How long the API takes, warm, over a log whose statistics are counted: the best and the median of nine.
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
  "/api/invocations?took=%3E10s&limit=50",
  ...["tool=tool_1&agent=agent-1&server=server-1", "rule=rule-3&agent=agent-1"].map(
    (query) => `/api/invocations?${query}`,
  ),
  "/api/invocations?server=server-1&tool=tool_1&rule=rule-3",
  "/api/invocations?text=nowhere&within=40",
  ...["overview", "tools", "violations", "sessions"].flatMap((path) =>
    SPANS.map((span) => `/api/${path}?span=${span}`)
  ),
  "/api/tools?span=30d&by=agent",
  ...["host=host-7", "gateway=host-7%2F71", "host=host-7&tool=tool_1&status=denied", "host=absent"]
    .map((query) => `/api/invocations?${query}`),
  ...["host", "gateway"].flatMap((by) =>
    ["1h", "24h", "7d"].map((span) => `/api/tools?by=${by}&span=${span}`)
  ),
  "/api/history?by=host&name=host-7&span=7d",
  ...["window", "history?name=tool_1", "tool-costs", "shadow"].flatMap((path) =>
    ["24h", "7d", "30d"].map((span) => `/api/${path}${path.includes("?") ? "&" : "?"}span=${span}`)
  ),
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
const settings = {
  port: 0,
  key,
  dbPath,
  policyPaths: [],
  scan: { maxScanWork: 1e9, maxScanMs: 10_000 },
  resolvePaths: true,
  otlp: null,
  isShipped: false,
};
await using served = serveDashboard({ ...settings, serverName: null, config: NO_CONFIG }, () => {});
const oldest = await sessionOf(served.port, 29 * 86_400) ??
  await sessionOf(served.port, 6 * 86_400);
for (const query of [...QUERIES, `/api/invocations?session=${oldest}`]) {
  const times: number[] = [];
  for (let run = 0; run < 10; run++) {
    const start = performance.now();
    const response = await fetch(`http://127.0.0.1:${served.port}${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    await response.arrayBuffer();
    times.push(performance.now() - start);
    if (!response.ok) throw new Error(`${query}: ${response.status}`);
  }
  const warm = times.slice(1).sort((a, b) => a - b);
  const [best, median] = [warm[0]!, warm[4]!].map((ms) => ms.toFixed(1).padStart(8));
  console.log(`${best} ${median} ms  ${query}`);
}

/** A session so many seconds ago; undefined when the log has none. */
async function sessionOf(port: number, agoS: number): Promise<string | undefined> {
  const until = new Date(Date.now() - agoS * 1000).toISOString();
  const response = await fetch(`http://127.0.0.1:${port}/api/invocations?limit=1&until=${until}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const [call] = await response.json();
  return call === undefined ? undefined : encodeURIComponent(call.session_id);
}
