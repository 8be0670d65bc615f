import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError } from "../../src/errors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import { withUsedFiles } from "../../src/policy/used_files.ts";
import { runTests, type TestReport } from "../../src/simulate/tests.ts";
import type { Policy } from "../../src/policy/rules.ts";
import { rule } from "./harness.ts";

/** Loads `main.toml` of a folder with these files. */
async function loaded<T>(
  files: Readonly<Record<string, string>>,
  use: (policy: Policy, tests: readonly TestReport[], folder: string) => T,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_packs_" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    using patterns = await loadPatterns();
    const policy = await loadPolicy([join(folder, "main.toml")], patterns);
    return use(policy, runTests(policy, patterns), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function fault(files: Readonly<Record<string, string>>): Promise<string> {
  try {
    await loaded(files, () => {});
  } catch (fault) {
    assert.ok(fault instanceof UsageError, String(fault));
    return fault.message;
  }
  throw new Error("it loads");
}

const test = (name: string, fields: Readonly<Record<string, unknown>>) =>
  `[[tests]]\nname = "${name}"\n` +
  Object.entries(fields).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join("");

const DENY = rule("no-x", { action: "deny", tool: "x" });

Deno.test("a pack's rules come after the file's own, with its name before their ids", () =>
  loaded({
    "main.toml": `extends = ["./team.toml"]\n` + rule("x-is-fine", { action: "allow", tool: "x" }) +
      test("own rules win", { tool: "x", expect: "allow", rule: "x-is-fine" }) +
      test("a pack's rule", { tool: "y", expect: "deny", rule: "team/no-y" }),
    "team.toml": DENY + rule("no-y", { action: "deny", tool: "y" }) +
      test("x is refused", { tool: "x", expect: "deny", rule: "no-x" }),
  }, ({ rules, files, packs }, tests, folder) => {
    assert.deepEqual(rules.map(({ id }) => id), ["x-is-fine", "team/no-x", "team/no-y"]);
    assert.deepEqual(files, [join(folder, "main.toml")]);
    assert.deepEqual(packs.map(({ files }) => files), [[join(folder, "team.toml")]]);
    assert.deepEqual(tests.map(({ name, passed }) => [name, passed]), [
      ["own rules win", true],
      ["a pack's rule", true],
      // What the pack promises, it keeps by itself.
      ["team/x is refused", true],
    ]);
    assert.deepEqual(withUsedFiles([join(folder, "main.toml")]), [
      join(folder, "main.toml"),
      join(folder, "team.toml"),
    ]);
  }));

Deno.test("shipped packs are extended by name, and every one of them loads", async () => {
  const names = [
    ...["no-shell-escape", "no-network-exfil", "production-readonly", "redact-pii", "api-throttle"],
    ...["no-sensitive-paths", "business-hours-only", "redact-api-keys", "allow-list"],
    ...["defence-in-depth", "default"],
  ];
  for (const name of names) {
    await loaded({ "main.toml": `extends = ["builtin:${name}"]\n${DENY}` }, ({ rules }, tests) => {
      assert.ok(rules.length > 1);
      assert.ok(rules.slice(1).every(({ id }) => id.startsWith(`${name}/`)));
      assert.deepEqual(tests.filter(({ passed }) => !passed), []);
      assert.ok(tests.length > 0);
    });
  }
});

Deno.test("packs extend packs; one that is extended twice stands where it was first", () =>
  loaded({
    "main.toml": `extends = ["./a.toml", "./b.toml"]\n`,
    "a.toml": `extends = ["./c.toml"]\n[lists]\nl = ["x"]\n` +
      rule("a", { action: "deny", condition: "arguments.a in lists.l" }),
    "b.toml": `extends = ["./c.toml"]\n[lists]\nl = ["y"]\n` +
      rule("b", { action: "deny", condition: "arguments.a in lists.l" }),
    "c.toml": DENY,
  }, ({ rules }) => {
    assert.deepEqual(rules.map(({ id }) => id), ["a/a", "a/c/no-x", "b/b"]);
  }));

Deno.test("the default is the file's own; where it says none, a pack that denies is enough", async () => {
  const strict = `[metadata]\ndefault = "deny"\n`;
  const decided = (main: string) =>
    loaded(
      { "main.toml": `extends = ["./p.toml"]\n${main}`, "p.toml": strict },
      (policy) => policy.defaultAction,
    );
  assert.equal(await decided(DENY), "deny");
  assert.equal(await decided(`[metadata]\ndefault = "allow"\n`), "allow");
});

Deno.test("a pack that cannot be used is told where it is named", async () => {
  const main = (name: string) => ({ "main.toml": `extends = ["${name}"]\n${DENY}` });
  assert.match(await fault(main("./none.toml")), /main\.toml:1:12: .*no such file/);
  assert.match(await fault(main("builtin:no-shell-scape")), /did you mean builtin:no-shell-escape/);
  assert.match(await fault(main("builtin:x")), /there are default, no-shell-escape/);
  assert.match(await fault(main("./main.toml")), /a circle/);
  assert.match(await fault({ "main.toml": `extends = "x"\n${DENY}` }), /:1:11: .*no such file/);
  assert.match(await fault({ "main.toml": `extends = 5\n${DENY}` }), /must be a string or a list/);
  const two = { ...main("./p.toml"), "p.toml": "[[rules]]\nid = 5\n" };
  assert.match(await fault(two), /p\.toml:2:6: id must be a string/);
  const circle = { ...main("./p.toml"), "p.toml": `extends = ["./main.toml"]\n${DENY}` };
  assert.match(
    await fault(circle),
    /p\.toml:1:12: .*main\.toml extends .*p\.toml extends .*a circle/,
  );
  const deep = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [
    `${i}.toml`,
    `extends = ["./${i + 1}.toml"]\n`,
  ]));
  assert.match(await fault({ ...main("./0.toml"), ...deep }), /8 levels deep at most/);
});
