import assert from "node:assert/strict";
import { join } from "node:path";
import { PolicyFiles } from "../../src/web/policy_files.ts";
import { callAt, ended, NOW, startedCall } from "../audit/support.ts";
import { type Dashboard, withDashboard } from "./harness.ts";

const rule = (tool: string) => `[[rules]]\nid = "no-${tool}"\ntool = "${tool}"\naction = "deny"\n`;

/** A dashboard with a policy file. */
async function withPolicy(
  use: (dashboard: Dashboard, path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_web_" });
  const path = join(folder, "policy.toml");
  await Deno.writeTextFile(path, rule("bash"), { mode: 0o600 });
  try {
    await withDashboard({ policyPaths: [path] }, (dashboard) => use(dashboard, path));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("PUT /api/policies replaces the file at one stroke, and keeps the previous", () =>
  withPolicy(async ({ get }, path) => {
    assert.equal((await get("/api/policies/previous")).status, 204);
    const before = await get("/api/policies"), mark = before.headers.get("etag")!;
    assert.equal(await before.text(), rule("bash"));
    const put = (body: string, headers: Record<string, string> = {}) =>
      get("/api/policies", { method: "PUT", body, headers });
    assert.deepEqual(await (await put(rule("curl"), { "if-match": mark })).json(), { ok: true });
    assert.equal(await Deno.readTextFile(path), rule("curl"));
    assert.equal(await Deno.readTextFile(`${path}.previous`), rule("bash"));
    assert.equal(await (await get("/api/policies/previous")).text(), rule("bash"));
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    const stale = await put(rule("ls"), { "if-match": mark });
    assert.deepEqual([stale.status, (await stale.json()).current], [412, rule("curl")]);
    const bad = await put('[[rules]]\nid = "x"\ntols = "y"\n');
    assert.equal(bad.status, 400);
    const { error, problems } = await bad.json();
    assert.match(error, /^Invalid policy TOML: /);
    assert.equal(problems[0].line, 1);
    assert.equal(await Deno.readTextFile(path), rule("curl"));
    assert.equal((await put("")).status, 400);
    const names = [...Deno.readDirSync(join(path, ".."))].map(({ name }) => name).sort();
    assert.deepEqual(names, ["policy.toml", "policy.toml.previous"]);
  }));

Deno.test("/api/policies/check says all that is wrong, and runs the tests", () =>
  withPolicy(async ({ get }) => {
    const check = async (body: string) =>
      await (await get("/api/policies/check", { method: "POST", body })).json();
    const test = '[[tests]]\nname = "t"\ntool = "bash"\nexpect = "allow"\n';
    const { ok, tests } = await check(rule("bash") + test);
    assert.deepEqual([ok, tests[0].passed], [true, false]);
    const { ok: isOk, problems } = await check("[[rules]]\n");
    assert.ok(!isOk && problems.length > 0);
  }));

Deno.test("/api/policies/dry-run says which recorded calls would end otherwise", () =>
  withPolicy(async ({ get, insert }) => {
    insert(
      callAt(NOW, "read"),
      ended(startedCall({ id: "bash", tool: "bash", policyHit: "no-bash" }), "denied"),
    );
    const body = rule("read_file");
    const run = await (await get("/api/policies/dry-run?calls=10", { method: "POST", body }))
      .json();
    assert.deepEqual([run.calls, run.newly_refused, run.newly_passed], [2, 1, 1]);
    assert.deepEqual(
      run.changes.map(({ id, after }: { id: string; after: unknown }) => [id, after]),
      [
        ["read", { action: "deny", rule: "no-read_file" }],
        ["bash", { action: "allow", rule: null }],
      ],
    );
  }));

Deno.test("/api/invocations/:id explains the decision by the policy of now", () =>
  withPolicy(async ({ json, insert }) => {
    insert(ended(startedCall({ id: "no", tool: "bash", policyHit: "no-bash" }), "denied"));
    const { tool_name, explanation } = await json("/api/invocations/no");
    assert.equal(tool_name, "bash");
    assert.equal(explanation.judged_by, "the policy of now");
    assert.deepEqual(explanation.decision.rule, "no-bash");
    assert.match(explanation.places["no-bash"].file, /\.toml$/);
    assert.equal(explanation.places["no-bash"].line, 1);
  }));

Deno.test("/api/invocations/:id says where rules of packs stand", () =>
  withPolicy(async ({ json, insert }, path) => {
    const pack = join(path, "..", "team.toml");
    await Deno.writeTextFile(pack, `\n${rule("curl")}`);
    await Deno.writeTextFile(
      path,
      `extends = ["./team.toml", "builtin:allow-list"]\n${rule("bash")}`,
    );
    insert(ended(startedCall({ id: "no", tool: "bash", policyHit: "no-bash" }), "denied"));
    const { explanation: { places } } = await json("/api/invocations/no");
    assert.deepEqual(places["no-bash"], { file: path, line: 2, is_pack: false });
    assert.deepEqual(places["team/no-curl"], { file: pack, line: 2, is_pack: true });
    const shipped = Object.entries(places).filter(([id]) => id.startsWith("allow-list/"));
    assert.ok(shipped.length > 0);
    for (const [, place] of shipped) {
      assert.equal((place as { file: string }).file, "builtin:allow-list");
    }
  }));

Deno.test("without a policy the original's words say so", () =>
  withDashboard({}, async ({ get }) => {
    const response = await get("/api/policies");
    assert.deepEqual([response.status, await response.json()], [404, {
      error: "No policy file configured",
    }]);
  }));

Deno.test("/api/policies/learned proposes what calls did, with a policy and without one", () =>
  withDashboard({}, async ({ get, insert }) => {
    const learned = async (query = "") => await (await get(`/api/policies/learned${query}`)).text();
    assert.match(await learned(), /^# Looked at: 0 calls\.\n# There was nothing to learn from\./);
    const call = (id: string, tool: string) => ended(startedCall({ id, tool }));
    insert(...["a", "b", "c"].map((id) => call(id, "read_file")), call("d", "bash"));
    const text = await learned();
    assert.match(text, /^# Looked at: 4 calls since 2026-11-22T17:52:54/);
    assert.match(text, /id = "learned-read_file"/);
    assert.match(text, /bash: not learned: 1 of 3 calls/);
    assert.match(await learned("?min_calls=1"), /id = "learned-bash"/);
    assert.match(await learned("?server=other"), /Looked at: 0 calls/);
    assert.match(await learned("?since=2026-12-01"), /Looked at: 0 calls/);
    for (const query of ["?min_calls=0", "?since=soon", "?root=/"]) {
      assert.equal((await get(`/api/policies/learned${query}`)).status, 400, query);
    }
    await withPolicy(async (dashboard, path) => {
      const before = await Deno.readTextFile(path);
      assert.equal((await dashboard.get("/api/policies/learned")).status, 200);
      assert.equal(await Deno.readTextFile(path), before);
    });
  }));

Deno.test("while a policy is learned, others are served", () =>
  withDashboard({}, async ({ get, insert }) => {
    insert(...Array.from({ length: 5000 }, (_, n) => ended(startedCall({ id: `${n}` }))));
    const asked = get("/api/policies/learned").then((answer) => answer.text());
    assert.equal(await Promise.race([asked, get("/health").then((answer) => answer.text())]), "ok");
    assert.match(await asked, /Learned from 5,000 calls of 1 tool/);
  }));

Deno.test("a dry run judges all calls though the policy is saved meanwhile", () =>
  withPolicy(async ({ get, json, insert }, path) => {
    const searching = (pattern: string) =>
      `${rule("*")}condition = 'arguments.path matches "${pattern}"'\n`.replace("no-*", "no");
    const put = (pattern: string) => Deno.writeTextFile(path, searching(pattern));
    await put("hosts");
    insert(...Array.from({ length: 2000 }, (_, n) => ended(startedCall({ id: `${n}` }))));
    const asked = get("/api/policies/dry-run?calls=2000", {
      ...{ method: "POST", body: searching("nothing") },
    });
    for (let n = 1; n <= 3; n++) {
      await put(`other{${n}}`);
      const { explanation } = await json("/api/invocations/1");
      assert.equal(explanation.unexplained, undefined);
    }
    const { calls, unjudged } = await (await asked).json();
    assert.deepEqual([calls, unjudged], [2000, 0]);
  }));

Deno.test("a dry run says so when the policy in the files does not load", () =>
  withPolicy(async ({ get }, path) => {
    await Deno.writeTextFile(path, "rules = 1\n");
    const answer = await get("/api/policies/dry-run", { method: "POST", body: rule("bash") });
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).error, /^The policy in the files does not load: /);
  }));

Deno.test("of those who save at the same time, one does, and the others are told", () =>
  withPolicy(async (_, path) => {
    const files = new PolicyFiles([path]), tools = ["a", "b", "c", "d"];
    for (let round = 0; round < 20; round++) {
      await Deno.writeTextFile(path, rule("bash"));
      const { mark } = await files.read(0);
      const replaced = await Promise.all(tools.map((tool) => files.replace(0, rule(tool), mark)));
      const saved = tools.filter((_, n) => replaced[n]!.done);
      assert.equal(saved.length, 1);
      assert.equal(await Deno.readTextFile(path), rule(saved[0]!));
      assert.equal(await Deno.readTextFile(`${path}.previous`), rule("bash"));
    }
  }));
