import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePolicy } from "../../src/policy/load.ts";
import { loadPatterns, type Patterns } from "../../src/patterns/pattern.ts";
import type { Policy, PolicyTest } from "../../src/policy/rules.ts";
import { isNoticed, mutantsOf } from "../../src/simulate/mutants.ts";
import { runTests } from "../../src/simulate/tests.ts";
import { Simulation, type SimulationOutcome } from "../../src/simulate/simulation.ts";
import { answer, lines, request } from "../session/harness.ts";
import { withPolicy } from "./harness.ts";

const FOLDER = fileURLToPath(import.meta.resolve("../../policies"));

/** The README's files. */
const FILES = [
  "default.toml",
  "examples/01-no-shell-escape.toml",
  "examples/02-no-network-exfil.toml",
  "examples/03-production-readonly.toml",
  "examples/04-redact-pii.toml",
  "examples/05-api-throttle.toml",
  "examples/06-no-sensitive-paths.toml",
  "examples/07-business-hours-only.toml",
  "examples/08-redact-api-keys.toml",
  "examples/09-allow-list.toml",
  "examples/10-defence-in-depth.toml",
];

/** What only a link in the workspace would show, and tests make none. */
const ONLY_A_LINK = "write-sources without path(arguments.path) within lists.workspace";

/** A time at which no rule of the files has a say. */
const NOON = Date.parse("2026-04-02T12:00:00Z");

Deno.test("policies/ holds the README's files, a page about them, and no others", () => {
  const found = ["", "examples"].flatMap((folder) =>
    [...Deno.readDirSync(join(FOLDER, folder))]
      .filter(({ isFile }) => isFile)
      .map(({ name }) => join(folder, name).replaceAll("\\", "/"))
  );
  assert.deepEqual(found.sort(), [...FILES, "README.md"].sort());
});

for (const file of FILES) {
  Deno.test(`${file} passes its tests, which notice every change of a rule`, async () => {
    await withFile(file, (policy, patterns) => {
      assert.deepEqual(failures(policy, patterns), []);
      const unnoticed = [...mutantsOf(policy, patterns)]
        .filter((mutant) => !isNoticed(mutant, patterns, NOON))
        .map(({ rule, change }) => `${rule} ${change}`)
        .filter((text) => text !== ONLY_A_LINK);
      assert.deepEqual(unnoticed, [], `no test of ${file} notices`);
    });
  });

  Deno.test(`${file} names every rule in a test, or what it redacts`, async () => {
    await withFile(file, ({ rules, tests }) => {
      const named = new Set(tests.flatMap(({ rule, shadow }) => [rule, ...shadow ?? []]));
      const redacted = tests.some((test) => test.expectArguments ?? test.expectResult);
      for (const { id, action } of rules) {
        assert.ok(action === "redact" ? redacted : named.has(id), `${id} is in no test`);
      }
    });
  });

  Deno.test(`${file} does on the line what its tests say`, async () => {
    await withFile(file, async (policy, patterns, text) => {
      const simulation = new Simulation(policy, patterns);
      for (const test of policy.tests) {
        const time = test.time ?? NOON;
        const tried = simulation.run({ ...test, time }, test.calls);
        const live = await onTheLine(text, test, time);
        assert.deepEqual(live, comparable(tried), `${file}: ${test.name}`);
      }
    });
  });
}

async function withFile(
  file: string,
  test: (policy: Policy, patterns: Patterns, text: string) => void | Promise<void>,
): Promise<void> {
  const text = await Deno.readTextFile(join(FOLDER, file));
  using patterns = await loadPatterns();
  await test(await parsePolicy([{ file, text }], patterns), patterns, text);
}

function failures(policy: Policy, patterns: Patterns): string[] {
  return runTests(policy, patterns, NOON)
    .filter(({ passed }) => !passed)
    .map(({ name, failures }) => `${name}: ${failures.join("; ")}`);
}

/** The same call, by a session. */
async function onTheLine(text: string, test: PolicyTest, time: number): Promise<unknown> {
  const h = await withPolicy(text);
  h.nowMs = time;
  const asked = test.result ?? { content: [] };
  let sent: unknown, got: unknown;
  for (let id = 1; id <= test.calls; id++) {
    const { server, agent } = h.agent(
      request(id, "tools/call", { name: test.tool, arguments: test.arguments }),
    );
    if (server === "") {
      sent = undefined;
      got = lines(agent)[0].error.data;
    } else {
      sent = lines(server)[0].params.arguments;
      got = lines(h.server(answer(id, asked)).agent)[0].result;
    }
  }
  return sent === undefined && got !== undefined && test.expect !== "allow"
    ? { refusal: got }
    : { arguments: sent, result: test.result === undefined ? undefined : got };
}

function comparable({ decision, arguments: sent, result }: SimulationOutcome): unknown {
  if (decision.action === "allow") return { arguments: sent, result };
  const rule = decision.rule?.id ?? "default";
  return decision.action === "deny" ? { refusal: { rule, outcome: "denied" } } : {
    refusal: {
      rule,
      outcome: "rate_limited",
      retry_after_secs: Math.ceil(decision.waitMs / 1000),
    },
  };
}
