import assert from "node:assert/strict";
import { withConnection } from "../audit/support.ts";
import { rule } from "../policy/harness.ts";
import { recorded } from "../simulate/recorder.ts";
import { type Ended, Home } from "./agentgate.ts";

const DENY = rule("no-rm", { action: "deny", condition: "arguments.command contains 'rm'" });
const MASK = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });

Deno.test("agentgate policy replay ends with 0, 1, 2 or 3, as what it found says", () =>
  recorded(DENY + MASK, (recorder) => {
    const session = recorder.session();
    for (const command of ["ls", "rm x", "sk-abc"]) recorder.call(session, "bash", { command });
  }, async (db, folder) => {
    const home = new Home(folder);
    const replay = (...args: string[]) => home.run(["policy", "replay", ...args, "--db", db]);
    const write = (name: string, text: string) => home.write(name, text);
    const own = await replay();
    assert.equal(own.code, 0, own.stderr);
    assert.equal(
      own.stdout,
      "3 calls: 3 as before, 0 looser, 0 tighter, 0 other rule; 1 inexact; 0 not asked\n",
    );
    assert.equal((await replay("--strict")).code, 3);
    const looser = await write("looser.toml", '[metadata]\ndefault = "allow"\n');
    const found = await replay(looser);
    assert.equal(found.code, 1);
    assert.match(
      found.stdout,
      /^LOOSER .* bash +deny:no-rm → allow:default .*\{"command":"rm x"\}/,
    );
    const expected = await write("expect.toml", '[[expect]]\ntool = "bash"\nrule = "no-rm"\n');
    assert.equal((await replay(looser, "--expect", expected)).code, 0);
    const unmet = await write("unmet.toml", '[[expect]]\ntool = "other"\n');
    assert.equal((await replay("--expect", unmet)).code, 1);
    assert.equal((await replay(await write("broken.toml", "x ="))).code, 2);
  }));

/** Calls of `bash`, and one of `read`, a second apart from 2026-11-25T00:00:01Z on. */
function withCalls(
  check: (
    replay: (...words: string[]) => Promise<Ended>,
    home: Home,
    ids: string[],
  ) => Promise<void>,
): Promise<void> {
  return recorded(DENY + MASK, (recorder) => {
    const session = recorder.session();
    for (const command of ["ls", "rm x", "sk-abc <&>"]) {
      recorder.call(session, "bash", { command });
      recorder.nowMs += 1000;
    }
    recorder.call(session, "read", {});
  }, async (db, folder) => {
    const home = new Home(folder);
    await home.write(
      "new.toml",
      rule("no-keys", {
        ...{ action: "deny", tool: "bash", condition: "arguments.command contains 'sk-'" },
      }),
    );
    const ids = await withConnection(
      db,
      (log) =>
        log.prepare("SELECT id FROM tool_invocations ORDER BY rowid").all().map(({ id }) =>
          String(id)
        ),
    );
    await check((...words) => home.run(["policy", "replay", ...words, "--db", db]), home, ids);
  });
}

Deno.test("agentgate policy replay --json and --junit write what was found", () =>
  withCalls(async (replay, home, ids) => {
    await home.write(
      "expect.toml",
      '[[expect]]\ntool = "bash"\nfrom = "deny"\n\n[[expect]]\nrule = "other"\n',
    );
    const reports = ["--json", "r.json", "--junit", "r.xml"];
    assert.equal((await replay("new.toml", "--expect", "expect.toml", ...reports)).code, 1);
    const report = JSON.parse(await Deno.readTextFile(home.path("r.json")));
    const listed = { tool: "bash", server: "server" };
    assert.deepEqual(report, {
      ...{ calls: 4, as_before: 2, looser: 1, tighter: 1, other_rule: 0, shadow: 0, inexact: 1 },
      ...{ not_asked: {}, unexpected: 0, unmet_expectations: ['rule = "other"'] },
      changes: [
        {
          ...{ kind: "looser", id: ids[1], timestamp: "2026-11-25T00:00:02.000Z", ...listed },
          ...{ before: "deny:no-rm", after: "allow:default", exact: true, unknown: [] },
          expected: true,
        },
        {
          ...{ kind: "tighter", id: ids[2], timestamp: "2026-11-25T00:00:03.000Z", ...listed },
          ...{ before: "allow:default", after: "deny:no-keys", exact: false },
          ...{ unknown: ["arguments.command was masked"], expected: false },
        },
      ],
    });
    const xml = (await Deno.readTextFile(home.path("r.xml"))).replaceAll(/ time="[^"]*"/g, "");
    assert.equal(
      xml,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="agentgate policy replay" tests="4" failures="1" errors="0">
  <testsuite name="replay" tests="4" failures="1" errors="0">
    <testcase name="2026-11-25T00:00:02.000Z bash: deny:no-rm → allow:default" classname="${
        ids[1]
      }"/>
    <testcase name="2026-11-25T00:00:03.000Z bash: allow:default → deny:no-keys" classname="${
        ids[2]
      }"/>
    <testcase name="2 calls as before" classname="all"/>
    <testcase name="rule = &quot;other&quot;" classname="expect">
      <failure message="nothing meets this expectation">nothing meets this expectation</failure>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
    await replay("new.toml", "--junit", "r.xml");
    assert.match(
      await Deno.readTextFile(home.path("r.xml")),
      /<failure message="looser: deny:no-rm → allow:default">/,
    );
    const unwritable = await replay("new.toml", "--json", "none/r.json");
    assert.equal(unwritable.code, 2);
    assert.match(unwritable.stderr, /cannot write the report none\/r\.json/);
  }));

Deno.test("agentgate policy replay takes the calls of a time, a server, a tool, or the newest", () =>
  withCalls(async (replay) => {
    const calls = async (...words: string[]) => {
      const { stdout, stderr } = await replay("new.toml", ...words);
      assert.equal(stderr.replace(/^note: .*\n/, ""), "");
      return /(\d+) calls?: .* (\d+) looser, (\d+) tighter/.exec(stdout)!.slice(1).map(Number);
    };
    assert.deepEqual(await calls(), [4, 1, 1]);
    assert.deepEqual(await calls("--since", "2026-11-25T00:00:02Z"), [3, 1, 1]);
    assert.deepEqual(await calls("--until", "2026-11-25T00:00:02Z"), [1, 0, 0]);
    assert.deepEqual(
      await calls("--since", "2026-11-25T00:00:02Z", "--until", "2026-11-25T00:00:03Z"),
      [1, 1, 0],
    );
    assert.deepEqual(await calls("--limit", "2"), [2, 0, 1]);
    assert.deepEqual(await calls("--limit", "2", "--tool", "bash"), [2, 1, 1]);
    assert.deepEqual(await calls("--tool", "read"), [1, 0, 0]);
    assert.deepEqual(await calls("--server", "other"), [0, 0, 0]);
    assert.equal((await replay("new.toml", "--since", "soon")).code, 2);
    assert.equal((await replay("new.toml", "--limit", "none")).code, 2);
  }));
