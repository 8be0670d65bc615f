/**
 * What a policy costs a call: decisions with rules for this tool and for others, and redaction of
 * results of several sizes by ten rules together.
 */

import { PolicyEngine, RuleBuckets } from "../src/policy/engine.ts";
import type { CallEnv } from "../src/policy/env.ts";
import { parsePolicy } from "../src/policy/load.ts";
import { loadPatterns } from "../src/patterns/pattern.ts";
import { isProtocolWord } from "../src/redaction/protocol_words.ts";

const encoder = new TextEncoder();

async function engineOf(text: string): Promise<PolicyEngine> {
  const patterns = await loadPatterns();
  const policy = await parsePolicy([{ file: "bench.toml", text }], patterns);
  return new PolicyEngine(policy, "server", patterns, new RuleBuckets());
}

const rule = (id: number, tool: string) =>
  `[[rules]]\nid = "r${id}"\ntool = "${tool}"\naction = "deny"\n` +
  `condition = "arguments.command matches 'rm\\\\s+-rf${id}'"\n`;
const rules = (count: number, tool: (id: number) => string) =>
  Array.from({ length: count }, (_, id) => rule(id, tool(id))).join("\n");

const env = {
  arguments: { command: "git status --short" },
  tool: "bash",
  server: "server",
} as unknown as CallEnv;
const counter = new RuleBuckets().counter();

for (const count of [0, 10, 100, 1000]) {
  const others = await engineOf(rules(count, (id) => `tool${id}`));
  Deno.bench(`decide: ${count} rules for other tools`, { group: "others" }, () => {
    others.decide(env, counter);
  });
}
for (const count of [0, 10, 100]) {
  const own = await engineOf(rules(count, () => "bash"));
  Deno.bench(`decide: ${count} rules for this tool, none matches`, { group: "own" }, () => {
    own.decide(env, counter);
  });
}

const DETECTORS = [
  "aws-access-key",
  "github-token",
  "gitlab-token",
  "slack-token",
  "openai-key",
  "google-api-key",
  "stripe-key",
  "npm-token",
  "private-key",
  "jwt",
];
const redacting = await engineOf(
  DETECTORS.map((name, id) =>
    `[[rules]]\nid = "m${id}"\ntool = "*"\naction = "redact"\ndetect = ["${name}"]\n`
  ).join("\n"),
);
const { redactor } = redacting.rulesOf("bash");

for (const [size, name] of [[1e3, "1 KB"], [1e4, "10 KB"], [1e6, "1 MB"]] as const) {
  const text = "The quick brown fox jumps over the lazy dog\n".repeat(size / 44);
  const line = (text: string) =>
    encoder.encode(
      JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text }] } }),
    );
  const clean = line(text), hit = line(text + `ghp_${"a1B2".repeat(9)}`);
  Deno.bench(`redact: ${name}, ten rules, no hit`, { group: name }, () => {
    if (redactor.mayMatch(clean, 0, clean.length)) throw new Error("a false alarm");
  });
  Deno.bench(`redact: ${name}, ten rules, one hit`, { group: name }, () => {
    const edits = redactor.mayMatch(hit, 0, hit.length)
      ? redactor.edits(hit, 0, hit.length, redactor.rules, isProtocolWord, "agent")
      : [];
    if (edits.length !== 1) throw new Error("not redacted");
  });
}
