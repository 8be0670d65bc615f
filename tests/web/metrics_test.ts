import assert from "node:assert/strict";
import { join } from "node:path";
import type { MeteredCall, MeteredState } from "../../src/taps/call_meter.ts";
import { MetricsPort } from "../../src/web/metrics_port.ts";
import { ProcessMetrics } from "../../src/web/process_metrics.ts";
import { MAX_LABEL_VALUES } from "../../src/web/metric_names.ts";
import { ended, startedCall } from "../audit/support.ts";
import { PROJECT } from "../e2e/gateway.ts";
import { KEY, withDashboard } from "./harness.ts";
import { has } from "./programs.ts";

const STATE: MeteredState = {
  ...{
    open: 2,
    auditQueueBytes: 512,
    unrecordedCalls: 3,
    policyReloads: 4,
    failedPolicyReloads: 1,
  },
  circuits: [["bash", "open"]],
  limitsAreOut: true,
};

const CALLS: readonly MeteredCall[] = [
  { tool: "read", status: "success", hit: null, latencyMs: 7 },
  { tool: "read", status: "error", hit: null, latencyMs: 700 },
  { tool: "bash", status: "denied", hit: "no-rm", latencyMs: null },
  { tool: "bash", status: "rate_limited", hit: "per-tool", latencyMs: null },
  { tool: "bash", status: "rate_limited", hit: "slow-down", latencyMs: null },
  { tool: "bash", status: "circuit_open", hit: "circuit-breaker", latencyMs: null },
];

/** Runs `use` with a port on which these calls were counted. */
async function withMetrics(
  calls: readonly MeteredCall[],
  use: (metrics: ProcessMetrics, text: () => Promise<string>, port: number) => Promise<void>,
): Promise<void> {
  const metrics = new ProcessMetrics(() => Promise.resolve(STATE));
  using port = new MetricsPort({ port: 0, metrics });
  metrics.add(calls);
  await use(metrics, async () => {
    const response = await fetch(`http://127.0.0.1:${port.port}/metrics`);
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return await response.text();
  }, port.port);
}

Deno.test("MetricsPort tells the original's six metrics, and a few of ours", () =>
  withMetrics(CALLS, async (_metrics, text) => {
    const lines = (await text()).split("\n");
    for (
      const line of [
        'agentgate_tool_calls_total{tool="read",status="success"} 1',
        'agentgate_tool_calls_total{tool="bash",status="circuit_open"} 1',
        'agentgate_tool_call_duration_seconds_bucket{le="0.01",tool="read"} 1',
        'agentgate_tool_call_duration_seconds_count{tool="read"} 2',
        'agentgate_policy_denials_total{rule_id="no-rm"} 1',
        'agentgate_rate_limit_hits_total{scope="per-tool"} 1',
        'agentgate_rate_limit_hits_total{scope="policy"} 1',
        'agentgate_circuit_breaker_state{tool="bash"} 1',
        "agentgate_active_sessions 2",
        'agentgate_policy_reloads_total{result="success"} 4',
        'agentgate_policy_reloads_total{result="failure"} 1',
        "agentgate_audit_queue_bytes 512",
        "agentgate_unrecorded_calls_total 3",
        "agentgate_fleet_limits_outage 1",
      ]
    ) assert.ok(lines.includes(line), line);
  }));

for (const names of [MAX_LABEL_VALUES, MAX_LABEL_VALUES + 1]) {
  Deno.test(`MetricsPort keeps ${names} tools apart, as far as the bound goes`, () => {
    const calls = Array.from({ length: names }, (_, n) => ({ ...CALLS[0]!, tool: `tool-${n}` }));
    return withMetrics(calls, async (_metrics, text) => {
      const counted = (await text()).match(/^agentgate_tool_calls_total\{/gm)!;
      assert.equal(counted.length, Math.min(names, MAX_LABEL_VALUES + 1));
      assert.equal((await text()).includes('calls_total{tool="other"'), names > MAX_LABEL_VALUES);
    });
  });
}

Deno.test("the dashboard's /metrics counts the whole log, and wants the key", () =>
  withDashboard({}, async ({ get, insert, address }) => {
    insert(
      ended(startedCall()),
      ended(startedCall({ tool: 'ba"sh\n\\', policyHit: "no-rm" }), "denied"),
    );
    const text = await (await get("/metrics")).text();
    assert.ok(text.includes('agentgate_tool_calls_total{tool="read_file",status="success"} 1\n'));
    assert.ok(text.includes('{tool="ba\\"sh\\n\\\\",status="denied"} 1\n'), text);
    assert.ok(text.includes('_bucket{tool="read_file",le="0.005"} 1\n'));
    const response = await fetch(`${address}/metrics`);
    assert.equal(response.status, 401);
    await response.body?.cancel();
  }));

// deno-lint-ignore no-explicit-any
const BOARD: any = JSON.parse(await Deno.readTextFile(join(PROJECT, "grafana/agentgate.json")));
const QUERIES: string[] = BOARD.panels.flatMap((panel: { targets: { expr: string }[] }) =>
  panel.targets.map(({ expr }) => expr)
);

Deno.test("grafana/agentgate.json is what Grafana 10 imports", () => {
  const ids = BOARD.panels.map(({ id }: { id: number }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(BOARD.__inputs.map(({ name }: { name: string }) => name), ["DS_PROMETHEUS"]);
  assert.ok(BOARD.schemaVersion >= 38);
  assert.ok(!JSON.stringify(BOARD.panels).includes('"uid":"prometheus"'));
});

Deno.test({
  name: "promtool finds nothing to say about either exposition",
  ignore: !has("promtool"),
  fn: () =>
    withMetrics(CALLS, (_metrics, text) =>
      withDashboard({}, async ({ get, insert }) => {
        insert(ended(startedCall()), ended(startedCall({ policyHit: "x" }), "denied"));
        for (const exposition of [await text(), await (await get("/metrics")).text()]) {
          const child = new Deno.Command("promtool", {
            args: ["check", "metrics"],
            ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
          }).spawn();
          const writer = child.stdin.getWriter();
          await writer.write(new TextEncoder().encode(exposition));
          await writer.close();
          const { code, stderr, stdout } = await child.output();
          const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
          assert.deepEqual([code, said], [0, ""]);
        }
      })),
});

Deno.test({
  name: "every query of grafana/agentgate.json has an answer in a real Prometheus",
  ignore: !has("prometheus"),
  fn: () =>
    withMetrics(CALLS, async (metrics, _text, port) => {
      const traffic = setInterval(() => metrics.add(CALLS), 50);
      const folder = await Deno.makeTempDir({ prefix: "agentgate_prometheus_" });
      try {
        const config = join(folder, "prometheus.yml");
        await Deno.writeTextFile(
          config,
          `global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs: [{job_name: agentgate, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]`,
        );
        await withPrometheus(config, folder, async (ask) => {
          for (const query of QUERIES) {
            const expr = query.replaceAll("$__rate_interval", "2s").replaceAll(
              /\$(job|instance)/g,
              ".*",
            );
            let answer = await ask(expr);
            // Rates need two scrapes; what is no query at all is not asked again.
            while (answer?.status !== "error" && !answer?.data?.result.length) {
              answer = await ask(expr);
            }
            assert.equal(answer.status, "success", `${expr}: ${answer.error}`);
          }
        });
      } finally {
        clearInterval(traffic);
        await Deno.remove(folder, { recursive: true });
      }
    }),
});

Deno.test({
  name: "a Prometheus scrapes the dashboard with the machine's key",
  ignore: !has("prometheus"),
  fn: () =>
    withDashboard({}, async ({ insert, address }) => {
      insert(ended(startedCall()));
      const folder = await Deno.makeTempDir({ prefix: "agentgate_prometheus_" });
      try {
        const config = join(folder, "prometheus.yml"), key = join(folder, "dashboard.key");
        await Deno.writeTextFile(key, `${KEY}\n`);
        await Deno.writeTextFile(
          config,
          `scrape_configs: [{job_name: log, scrape_interval: 200ms, scrape_timeout: 200ms,
             authorization: {credentials_file: "${key}"},
             static_configs: [{targets: ["${new URL(address).host}"]}]}]`,
        );
        await withPrometheus(config, folder, async (ask) => {
          let answer = await ask("agentgate_tool_calls_total");
          while (!answer?.data?.result.length) answer = await ask("agentgate_tool_calls_total");
          assert.equal(answer.data.result[0].metric.tool, "read_file");
        });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }),
});

/** Runs `use` with a Prometheus of its own. */
async function withPrometheus(
  config: string,
  folder: string,
  // deno-lint-ignore no-explicit-any
  use: (ask: (query: string) => Promise<any>) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
  listener.close();
  const child = new Deno.Command("prometheus", {
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    ...{ stdout: "null", stderr: "null" },
  }).spawn();
  try {
    await use(async (query) => {
      const address = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query })}`;
      try {
        return await (await fetch(address)).json();
      } catch {
        return undefined; // It is not up yet.
      }
    });
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}
