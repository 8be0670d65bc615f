import assert from "node:assert/strict";
import { parseInstant } from "../../src/policy/local_time.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { runTests, type TestReport } from "../../src/simulate/tests.ts";
import { Simulation } from "../../src/simulate/simulation.ts";
import { call, lines } from "../session/harness.ts";
import { rule, withPolicy } from "../policy/harness.ts";

const NOW = Date.parse("2026-04-03T09:01:12Z");
const TOKEN = `ghp_${"0123456789".repeat(4)}`;

async function simulationOf(toml: string): Promise<Simulation> {
  const patterns = await loadPatterns();
  return new Simulation(await parsePolicy([{ file: "p.toml", text: toml }], patterns), patterns);
}

async function testsOf(toml: string): Promise<readonly TestReport[]> {
  const { policy, patterns } = await simulationOf(toml);
  return runTests(policy, patterns, NOW);
}

Deno.test("Simulation.run decides by server, agent, time, annotations and the session's calls", async () => {
  const simulation = await simulationOf(
    `[metadata]\ntimezone = "Europe/Berlin"\n` +
      rule("server", { server: "prod-*", action: "deny" }) +
      rule("agent", { condition: "agent.name == 'x'", action: "deny" }) +
      rule("time", { condition: "time.hour == 0", action: "deny" }) +
      rule("hint", { condition: "tool.annotations.destructiveHint == true", action: "deny" }) +
      rule("calls", { condition: "session.calls >= 3", action: "deny" }),
  );
  const call = { tool: "t", arguments: undefined, time: NOW };
  const decider = (facts: object, times = 1) =>
    simulation.run({ ...call, ...facts }, times).decision.rule?.id;
  assert.equal(decider({}), undefined);
  assert.equal(decider({ server: "prod-1" }), "server");
  assert.equal(decider({ agent: "x" }), "agent");
  assert.equal(decider({ time: Date.parse("2026-04-03T22:30:00Z") }), "time");
  assert.equal(decider({ annotations: { destructiveHint: true } }), "hint");
  assert.equal(decider({}, 3), undefined);
  assert.equal(decider({}, 4), "calls");
  assert.equal(decider({ sessionCalls: 3 }), "calls");
});

Deno.test("Simulation.run begins with full buckets each time", async () => {
  const simulation = await simulationOf(
    rule("two", { action: "rate_limit", max_calls: 2, window_seconds: 10 }),
  );
  const call = { tool: "t", arguments: undefined, time: NOW };
  for (let i = 0; i < 3; i++) {
    assert.equal(simulation.run(call, 2).decision.action, "allow");
    const { decision } = simulation.run(call, 3);
    assert.deepEqual([decision.action, decision.waitMs], ["rate_limit", 5000]);
  }
});

Deno.test("Simulation.run redacts as the line does: by condition there, whatever it says back", async () => {
  const simulation = await simulationOf(
    rule("mask", { detect: "github-token", condition: "exists(arguments.m)", action: "redact" }) +
      rule("shadow", { pattern: "ada", mode: "shadow", action: "redact" }),
  );
  const result = { content: [{ type: "text", text: `ada ${TOKEN}` }], nextCursor: TOKEN };
  const call = { tool: "t", time: NOW, result };
  const clean = { content: [{ type: "text", text: "ada [REDACTED]" }], nextCursor: TOKEN };
  assert.deepEqual(simulation.run({ ...call, arguments: { t: TOKEN } }), {
    decision: { action: "allow", rule: null, waitMs: 0, shadow: [] },
    arguments: { t: TOKEN },
    result: clean,
  });
  const redacted = simulation.run({ ...call, arguments: { t: TOKEN, m: "ada" } });
  assert.deepEqual(redacted.arguments, { t: "[REDACTED]", m: "ada" });
});

Deno.test("Simulation.run and the line agree on the session's calls in the condition of a redaction", async () => {
  const toml = rule("late", { pattern: "x", condition: "session.calls >= 1", action: "redact" });
  const simulation = await simulationOf(toml), h = await withPolicy(toml);
  const facts = { tool: "echo", arguments: { a: "x" }, time: NOW };
  for (const [times, a] of [[1, "x"], [2, "[REDACTED]"]] as const) {
    assert.deepEqual(simulation.run(facts, times).arguments, { a });
    assert.deepEqual(lines(h.agent(call(times, "echo", { a: "x" })).server)[0].params.arguments, {
      a,
    });
  }
});

Deno.test("Simulation.explain tells of every rule in order, as plain data", async () => {
  const simulation = await simulationOf(
    rule("elsewhere", { server: "other", action: "deny" }) +
      rule("another", { tool: "x", action: "deny" }) +
      rule("watch", { mode: "shadow", action: "deny" }) +
      rule("limit", { action: "rate_limit", max_calls: 1, window_seconds: 1 }) +
      rule("big", { condition: "arguments.n > 5 or not exists(arguments.n)", action: "allow" }) +
      rule("rm", { condition: "arguments.c matches 'rm'", action: "deny", message: "No" }) +
      rule("late", { condition: "arguments.n == 1", action: "deny" }) +
      rule("mask", { pattern: "secret", on: "arguments", action: "redact" }),
  );
  const explanation = simulation.explain({
    tool: "bash",
    arguments: { n: 1, c: ["ls", "rm secret"] },
    time: NOW,
  });
  assert.deepEqual(structuredClone(explanation), explanation);
  assert.deepEqual(explanation.decision, {
    action: "deny",
    rule: "rm",
    message: "No",
    shadow: [],
  });
  assert.equal(explanation.arguments, null);
  assert.deepEqual(explanation.rules.map(({ id, matched, effect }) => [id, matched, effect]), [
    ["elsewhere", "other server", ""],
    ["another", "other tool", ""],
    ["watch", "yes", "would deny"],
    ["limit", "yes", "counts"],
    ["big", "no", ""],
    ["rm", "yes", "decides"],
    ["late", "not reached", ""],
    ["mask", "yes", "masks what is stored"],
  ]);
  assert.deepEqual(explanation.rules[4]!.condition, {
    text: "arguments.n > 5 or not exists(arguments.n)",
    result: "false",
    children: [
      {
        text: "arguments.n > 5",
        result: "false",
        values: [{ text: "arguments.n", value: "1" }],
      },
      {
        text: "not exists(arguments.n)",
        result: "false",
        children: [{
          text: "exists(arguments.n)",
          result: "true",
          values: [{ text: "arguments.n", value: "1" }],
        }],
      },
    ],
  });
  assert.equal(explanation.rules[5]!.condition!.result, "partly");
});

Deno.test("Simulation.explain shows nothing that a redact rule matches, also where the value is cut", async () => {
  const simulation = await simulationOf(
    rule("no", { condition: "arguments contains_pattern 'ghp_'", action: "deny" }) +
      rule("who", { condition: "agent.name contains 'ghp_'", action: "deny" }) +
      rule("key", { condition: `exists(arguments[${JSON.stringify(TOKEN)}])`, action: "deny" }) +
      rule("mask", { detect: "github-token", mode: "shadow", action: "redact" }),
  );
  for (const pad of [0, 150, 180, 190]) {
    const told = JSON.stringify(simulation.explain({
      tool: "t",
      arguments: { a: "x".repeat(pad) + " ", [TOKEN]: TOKEN },
      agent: TOKEN,
      time: NOW,
    }));
    assert.ok(!told.replaceAll(/"text":"exists[^,]*,/g, "").includes(TOKEN.slice(0, 8)), told);
  }
});

Deno.test("Simulation.explain tells what a redact rule does to a call that passes", async () => {
  const simulation = await simulationOf(
    rule("both", { pattern: "a", condition: "exists(arguments.x)", action: "redact" }) +
      rule("back", { pattern: "a", on: "result", action: "redact" }) +
      rule("there", { pattern: "a", on: "arguments", mode: "shadow", action: "redact" }),
  );
  const effects = (args: unknown) =>
    simulation.explain({ tool: "t", arguments: args, time: NOW }).rules.map(({ effect }) => effect);
  assert.deepEqual(effects({ x: 1 }), [
    "masks the arguments and what comes back",
    "masks what comes back",
    "would mask the arguments",
  ]);
  assert.equal(effects({})[0], "masks what comes back");
});

Deno.test("runTests says what was expected, what happened and which rule decided", async () => {
  const reports = await testsOf(
    rule("no", { tool: "bash", action: "deny" }) +
      rule("mask", { pattern: "a", action: "redact" }) +
      rule("other", { tool: "other", action: "deny" }) +
      `[[tests]]\nname = "1"\ntool = "bash"\nexpect = "deny"\nrule = "no"\n` +
      `[[tests]]\nname = "2"\ntool = "bash"\nexpect = "allow"\n` +
      `[[tests]]\nname = "3"\ntool = "bash"\nexpect = "deny"\nrule = "other"\n` +
      `[[tests]]\nname = "4"\ntool = "x"\nexpect = "allow"\nrule = "default"\n` +
      `[[tests]]\nname = "5"\ntool = "x"\nexpect = "deny"\n` +
      `[[tests]]\nname = "6"\ntool = "x"\nexpect = "allow"\narguments = { b = "a" }\n` +
      `expect_arguments = { b = "a" }\nresult = 1\nexpect_result = 1\n` +
      `[[tests]]\nname = "7"\ntool = "bash"\nexpect = "deny"\nexpect_arguments = { b = "a" }\n` +
      `[[tests]]\nname = "8"\ntool = "x"\nexpect = "allow"\nexpect_result = 1\n`,
  );
  assert.deepEqual(reports.map(({ failures }) => failures), [
    [],
    ["expected allow, got deny by the rule no"],
    ["expected deny by the rule other, got deny by the rule no"],
    [],
    ["expected deny, got allow by the default"],
    [`expected arguments {"b":"a"}, got {"b":"[REDACTED]"}`],
    [`expected arguments {"b":"a"}, got none: the call was refused by the rule no`],
    ["expected result 1, got none"],
  ]);
  const { durationMs: _, ...first } = reports[0]!;
  assert.deepEqual(first, {
    name: "1",
    tool: "bash",
    passed: true,
    expected: { decision: "deny", rule: "no" },
    actual: { decision: "deny", rule: "no" },
    failures: [],
  });
});

Deno.test("runTests sees no result where a number in it is kept back", async () => {
  const [report] = await testsOf(
    rule("mask", { pattern: "[0-9]{6}", action: "redact", numbers: "refuse" }) +
      `[[tests]]\nname = "1"\ntool = "x"\nexpect = "allow"\nresult = 123456\nexpect_result = 0\n`,
  );
  assert.deepEqual(report!.failures, ["expected result 0, got none"]);
});

Deno.test("parseInstant takes RFC 3339 with an offset and nothing else", () => {
  assert.equal(parseInstant("2026-04-03T09:01:12Z"), NOW);
  assert.equal(parseInstant("2026-04-03t11:01:12.000+02:00"), NOW);
  assert.equal(parseInstant("2026-04-03 09:01z"), NOW - 12_000);
  for (
    const text of [
      "2026-04-03T09:01:12",
      "2026-04-03",
      "3 April 2026",
      "2026-02-30T09:00Z",
      "",
      "x",
    ]
      .concat("2026-04-03T25:00:00Z", "2026-13-01T00:00:00Z", "09:01:12")
  ) {
    assert.equal(parseInstant(text), undefined, text);
  }
});
