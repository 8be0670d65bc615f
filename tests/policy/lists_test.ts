import assert from "node:assert/strict";
import { FileError } from "../../src/errors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { Simulation } from "../../src/simulate/simulation.ts";
import { call } from "../session/harness.ts";
import { rule, withPolicy } from "./harness.ts";

async function problems(text: string): Promise<string[]> {
  using patterns = await loadPatterns();
  try {
    await parsePolicy([{ file: "p.toml", text }], patterns);
    return [];
  } catch (fault) {
    assert.ok(fault instanceof FileError);
    return fault.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
}

const asks = (condition: string) => rule("r", { action: "deny", condition });

Deno.test("a list of constants stands wherever a list of literals may stand", async () => {
  const h = await withPolicy(
    `[lists]\nhosts = ["api.github.com", "a.example"]\nports = [80, 443]\n` +
      `programs = ["git", "ls"]\ndirs = ["/srv", "/opt/x"]\n` +
      asks(
        "not url(arguments.url).host in lists.hosts or not url(arguments.url).port in lists.ports " +
          "or not shell(arguments.command).programs in lists.programs " +
          "or not path(arguments.path) within lists.dirs",
      ),
  );
  let id = 0;
  const passes = (args: Readonly<Record<string, unknown>>) => {
    const right = { url: "https://a.example/", command: "git log | ls", path: "/srv/a" };
    return h.agent(call(++id, "x", { ...right, ...args })).server !== "";
  };
  assert.equal(passes({}), true);
  assert.equal(passes({ url: "https://evil.example/" }), false);
  assert.equal(passes({ url: "https://a.example:8080/" }), false);
  assert.equal(passes({ command: "git log; rm x" }), false);
  assert.equal(passes({ path: "/etc/passwd" }), false);
});

Deno.test({
  name: "without resolve_paths, only the text of a path counts",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate_text_" }));
    try {
      await Deno.symlink("/etc", `${folder}/out`);
      const condition = `not path(arguments.path) within '${folder}'`;
      const sources = [{ file: "p.toml", text: rule("r", { action: "deny", condition }) }];
      using patterns = await loadPatterns();
      for (const [resolvePaths, action] of [[true, "deny"], [false, "allow"]] as const) {
        const simulation = new Simulation(
          await parsePolicy(sources, patterns, { resolvePaths }),
          patterns,
        );
        const call = { tool: "x", arguments: { path: `${folder}/out/passwd` }, time: 0 };
        assert.equal(simulation.run(call).decision.action, action);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("what is wrong with a list is told where it stands", async () => {
  const hosts = '[lists]\nhosts = ["a"]\n';
  assert.deepEqual(await problems(hosts + asks("url(arguments.u).host in lists.host")), [
    "7:39 there is no list `lists.host`; did you mean `lists.hosts`?",
  ]);
  assert.match(
    (await problems(asks("arguments.a in lists.x")))[0]!,
    /lists are given under \[lists\]/,
  );
  assert.match((await problems(hosts + asks("lists.hosts contains 'a'")))[0]!, /nothing is called/);
  assert.match(
    (await problems("[lists]\nn = [1, 2]\n" + asks("url(arguments.u).host in lists.n")))[0]!,
    /`1` is a number, but/,
  );
  assert.match(
    (await problems('[lists]\nd = ["x"]\n' + asks("path(arguments.u) within lists.d")))[0]!,
    /a directory begins with .*'x'/,
  );
  for (
    const [toml, why] of [
      ["Hosts = ['a']", /letters a to z/],
      ["hosts = 'a'", /must be a list of strings or numbers/],
      ["hosts = [true]", /must be a list of strings or numbers/],
      ["hosts = []", /is empty/],
      [`hosts = [${"1,".repeat(1001)}]`, /at most 1000 items/],
      [
        Array.from({ length: 65 }, (_, i) => `${"ab".repeat(1 + i)} = [1]`).join("\n"),
        /at most 64/,
      ],
    ] as const
  ) {
    assert.match(
      (await problems(`[lists]\n${toml}\n${asks("arguments.a == 1")}`)).join(),
      why,
      toml,
    );
  }
  assert.deepEqual(await problems(`lists = 5\n${asks("arguments.a == 1")}`), [
    "1:9 lists must be a table, not the integer 5",
  ]);
});
