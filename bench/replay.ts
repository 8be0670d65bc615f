/**
 * How long `agentgate policy replay` takes for a large log, and how much memory: with a policy, and
 * with the recorded one. More than 60 s or 300 MB end it with an error.
 *
 * `deno task bench:replay [--rows 500000]`. Needs /proc (Linux).
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { Batch } from "../src/audit/batch.ts";
import { AuditStore } from "../src/audit/store.ts";
import { loadPatterns } from "../src/patterns/pattern.ts";
import { PolicyEngine, RuleBuckets } from "../src/policy/engine.ts";
import { parsePolicy } from "../src/policy/load.ts";
import { digestOf } from "../src/policy/digest.ts";
import { policyText } from "../src/policy/policy_text.ts";
import type { CallRecord } from "../src/session/record.ts";
import { footprint } from "./processes.ts";
import { PROJECT } from "./wrapped.ts";

const { values } = parseArgs({ options: { rows: { type: "string", default: "500000" } } });
const rows = Number(values.rows);

/** Bounds of the contract. */
const MOST = { seconds: 60, mb: 300 };

const CALLS_A_RUN = 1000, BATCH = 500;
const encoder = new TextEncoder();
const TOOLS = ["bash", "read_file", "fetch", "write_file", "deploy"];
const RESULT = encoder.encode(
  JSON.stringify({ content: [{ type: "text", text: "as it was said ".repeat(40) }] }),
);

const folder = await Deno.makeTempDir({ prefix: "agentgate-replay-" });
try {
  const db = join(folder, "logs.db");
  await write(db);
  console.log(`${rows} rows, ${(Deno.statSync(db).size / 2 ** 20).toFixed(0)} MB`);
  const other = join(folder, "other.toml");
  await Deno.writeTextFile(other, policyOf(true));
  await measure("the recorded policies", db, []);
  await measure("another policy of 10 rules", db, [other]);
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Ten rules as people write them; two are others in the other policy. */
function policyOf(isOther: boolean): string {
  const rule = (id: string, fields: Record<string, unknown>) =>
    `[[rules]]\nid = "${id}"\n` +
    Object.entries(fields).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");
  const deny = (tool: string, condition: string) => ({ tool, condition, action: "deny" });
  return [
    rule("no-rm", deny("bash", "arguments.command matches '(^|[;&|])\\s*rm\\s+-[a-z]*[rf]'")),
    rule("no-sudo", deny("bash", `arguments.command starts_with 'sudo'`)),
    rule("no-etc", deny("read_*", `arguments.path starts_with '/etc/'`)),
    rule("no-keys", deny("*", `arguments.path ends_with '.${isOther ? "key" : "pem"}'`)),
    rule("hosts", deny("fetch", `not arguments.url starts_with 'https://api.'`)),
    rule("long", deny("*", `len(arguments.command) > ${isOther ? 70 : 80}`)),
    rule("few", { tool: "fetch", action: "rate_limit", max_calls: 30, window_seconds: 60 }),
    rule("many", { tool: "*", action: "rate_limit", max_calls: 500, window_seconds: 60 }),
    rule("perhaps", { ...deny("bash", "arguments.command contains 'curl'"), mode: "shadow" }),
    rule("nights", deny("deploy", "time.hour < 6")),
  ].join("\n");
}

/** Writes the log as gateways do, with decisions that were made. */
async function write(path: string): Promise<void> {
  using patterns = await loadPatterns();
  const policy = await parsePolicy([{ file: "p.toml", text: policyOf(false) }], patterns);
  const text = policyText(policy.sources), digest = await digestOf(text);
  const store = new AuditStore(path, { durability: "batched" });
  for (let first = 0, run = 0; first < rows; first += CALLS_A_RUN, run++) {
    let nowMs = 1000;
    const buckets = new RuleBuckets(() => nowMs);
    const engine = new PolicyEngine(policy, "files", patterns, buckets);
    const origin = {
      ...{ serverName: "files", sessionId: `session-${run}`, gateway: `host/${run}` },
      run: `run-${run}`,
    };
    const at = Date.UTC(2026, 10, 1) + run * 60_000, noted = { run: origin.run, at };
    store.noteFacts([
      { kind: "policy", digest, name: "p", text, ...noted },
      { kind: "in_force", digest, sinceUs: 1e6, cwd: "/", home: "/home/me", ...noted },
    ]);
    for (let n = first; n < Math.min(rows, first + CALLS_A_RUN); n += BATCH) {
      const batch = new Batch();
      for (let i = n; i < Math.min(rows, n + BATCH); i++) {
        nowMs += 40 + i % 7 * 10;
        const call = {
          record: decided(i, i - first, at, nowMs, engine, buckets, digest),
          handle: {},
        };
        batch.start(call, origin, 65_536);
        batch.end({ ...call, record: ended(call.record) }, 65_536);
      }
      store.write(batch.rows, batch.completions);
    }
  }
  store.close();
}

function decided(
  i: number,
  sessionCalls: number,
  at: number,
  nowMs: number,
  engine: PolicyEngine,
  buckets: RuleBuckets,
  digest: string,
): CallRecord {
  const tool = TOOLS[i % TOOLS.length]!, isMasked = i % 40 === 0;
  const args = {
    command: isMasked ? "[REDACTED]" : i % 50 === 5 ? "rm -rf build" : `grep -rn word_${i} ./src`,
    path: i % 90 === 1 ? "/etc/hosts" : `/home/me/project/src/file_${i % 1000}.ts`,
    url: `https://api.example/items/${i}`,
    text: "lorem ipsum dolor sit amet ".repeat(5),
  };
  const startedAt = at + nowMs, time = engine.timeAt(startedAt);
  const decision = engine.decide({
    ...{ method: "tools/call", tool, server: "files", sessionId: "s", sessionCalls, time },
    ...{ arguments: args, params: undefined, result: undefined, annotations: undefined },
    ...{ agentName: "claude-code", agentVersion: "2" },
  }, buckets.counter(nowMs));
  const rule = decision.rule?.id ?? "default", isAllowed = decision.action === "allow";
  return {
    id: `0199b0c4-8f00-7000-8000-${String(i).padStart(12, "0")}`,
    startedAt,
    startedMono: nowMs,
    requestId: i,
    method: "tools/call",
    tool,
    client: { agentName: "claude-code", agentVersion: "2", protocolVersion: "2025-11-25" },
    arguments: encoder.encode(JSON.stringify(args)),
    requestBytes: 400,
    forwarded: isAllowed,
    outcome: "open",
    policyHit: isAllowed ? null : rule,
    detail: null,
    errorCode: null,
    result: null,
    resultBytes: null,
    latencyMs: null,
    shadowHits: decision.shadow,
    policy: { decision: `${decision.action}:${rule}`, digest, sessionCalls },
    masked: isMasked ? ["/command"] : [],
  };
}

function ended(record: CallRecord): CallRecord {
  const { forwarded } = record;
  const outcome = forwarded ? "ok" : record.policyHit === "few" ? "rate_limited" : "denied";
  const result = forwarded ? RESULT : null;
  return { ...record, outcome, result, resultBytes: result?.length ?? null, latencyMs: 3.5 };
}

async function measure(what: string, db: string, policy: readonly string[]): Promise<void> {
  const begun = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", join(PROJECT, "main.ts"), "policy", "replay", ...policy],
      ...["--db", db],
    ],
    env: { AGENTGATE_HOME: folder },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let mb = 0;
  const watching = setInterval(() => {
    mb = Math.max(mb, footprint(child.pid).highest);
  }, 50);
  let lines = 0, last = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    lines += text.split("\n").length - 1;
    last = (last + text).trimEnd().split("\n").at(-1)!;
  }
  clearInterval(watching);
  const { code } = await child.status, seconds = (performance.now() - begun) / 1000;
  console.log(
    `${what}: ${seconds.toFixed(1)} s, ${
      mb.toFixed(0)
    } MB, exit ${code}, ${lines} lines\n  ${last}`,
  );
  if (code > 1) throw new Error("the replay failed");
  if (seconds > MOST.seconds || mb > MOST.mb) throw new Error("that is more than it may take");
}
