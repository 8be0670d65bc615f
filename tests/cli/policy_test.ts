import assert from "node:assert/strict";
import { type Home, withHome } from "./agentgate.ts";

const POLICY = `\
[[rules]]
id = "no-rm"
tool = "bash"
condition = "arguments.command matches 'rm\\\\s+-rf' and not arguments.dry == true"
action = "deny"
message = "No deleting"

[[rules]]
id = "mask"
tool = "*"
pattern = "hunter[0-9]"
action = "redact"

[[tests]]
name = "deleting is refused"
tool = "bash"
arguments = { command = "rm -rf /" }
expect = "deny"
rule = "no-rm"
`;

const FAILING = `${POLICY}
[[tests]]
name = "a <b> & \\"c\\" \\u0007 fails"
tool = "bash"
arguments = { command = ["rm", "-rf"] }
expect = "allow"
`;

Deno.test("policy check counts rules and tests of files that load", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    await home.write("no_rules.toml", '[metadata]\ndefault = "deny"\n');
    assert.deepEqual(await home.run(["policy", "check", "p.toml", "no_rules.toml"]), {
      code: 0,
      stdout: "ok p.toml (2 rules, 1 test)\nok no_rules.toml (0 rules, 0 tests)\n",
      stderr: "",
    });
  });
});

Deno.test("policy check reads the file of rules that a policy names, and warns of what is in it", async () => {
  await withHome(async (home) => {
    await home.write("p/p.toml", `[redaction]\nrules = "rules.toml"\n${POLICY}`);
    const rules = await home.write(
      "p/rules.toml",
      "[[rules]]\nid = 'a'\nregex = 'x[0-9]'\nspeed = 1\n",
    );
    assert.deepEqual(await home.run(["policy", "check", "p/p.toml"]), {
      code: 0,
      stdout: `ok p/p.toml (2 rules, 1 test, 1 rule for secrets in ${rules})\n`,
      stderr: `warning: ${rules}:4:1: unknown key "speed"\n    4 | speed = 1\n      | ^\n`,
    });
    await home.write("p/rules.toml", "[[rules]]\nid = 'a'\nregex = 'x[0-9'\n");
    const broken = await home.run(["policy", "check", "p/p.toml"]);
    assert.equal(broken.code, 2);
    assert.match(broken.stderr, /rules\.toml:3:11: unclosed character class\n {4}3 \| regex/);
    assert.equal(broken.stdout, "");
    assert.equal((await home.run(["policy", "test", "p/p.toml"])).code, 2);
  });
});

for (const [what, text] of [["is empty", ""], ["has comments only", "# deny all\n\n"]] as const) {
  Deno.test(`policy check refuses a file that ${what}`, async () => {
    await withHome(async (home) => {
      await home.write("p.toml", text);
      const { code, stderr } = await home.run(["policy", "check", "p.toml"]);
      assert.equal(code, 2);
      assert.match(stderr, /p\.toml:1:1: this is no policy: it has no rules and no default/);
    });
  });
}

Deno.test("policy check prints all problems of all files, exit code 2", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    await home.write("bad.toml", `[[rules]]\nid = "a"\ntool = "x"\naction = "dny"\n[x]\n`);
    const { code, stdout, stderr } = await home.run(
      ["policy", "check", "bad.toml", "none.toml", "p.toml"],
    );
    assert.equal(code, 2);
    assert.equal(stdout, "ok p.toml (2 rules, 1 test)\n");
    assert.match(stderr, /bad\.toml:4:10: action must be one of .* did you mean "deny"\?/);
    assert.match(stderr, /bad\.toml:5:2: unknown key "x"/);
    assert.match(stderr, /none\.toml: no such file/);
  });
});

Deno.test("policy test prints a line for each test and sums up", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    assert.deepEqual(await home.run(["policy", "test", "p.toml"]), {
      code: 0,
      stdout: "p.toml\n  ok      deleting is refused\n  no test says what must still pass\n\n" +
        "1 passed, 0 failed\nhonest work: 0 of 1 tests expect a call to pass\n",
      stderr: "",
    });
    await home.write("f.toml", FAILING);
    const { code, stdout } = await home.run(["policy", "test", "p.toml", "f.toml"]);
    assert.equal(code, 1);
    assert.ok(
      stdout.endsWith(
        `f.toml\n  ok      deleting is refused\n  FAILED  a <b> & "c" \\u0007 fails\n` +
          "          expected allow, got deny by the rule no-rm\n\n2 passed, 1 failed\n" +
          "honest work: 1 of 3 tests expect a call to pass\n",
      ),
      stdout,
    );
  });
});

Deno.test("policy test --mutate prints what no test would notice, exit code 1", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    const { code, stdout } = await home.run([
      ...["policy", "test", "--mutate", "p.toml", "--json", "r.json"],
    ]);
    assert.equal(code, 1);
    assert.ok(
      stdout.endsWith(`\n
p.toml: 3 of 9 mutants noticed
  line 1  no-rm: without its condition
  line 1  no-rm: without arguments.command matches 'rm\\s+-rf'
  line 1  no-rm: without not arguments.dry == true
  line 8  mask: left out
  line 8  mask: in shadow
  line 8  mask: redacting everything
`),
      stdout,
    );
    const { policies: [{ mutants }] } = JSON.parse(await Deno.readTextFile(home.path("r.json")));
    assert.equal(mutants.tried, 9);
    assert.deepEqual(mutants.unnoticed[0], {
      ...{ rule: "no-rm", change: "without its condition", file: "p.toml", line: 1 },
    });
  });
});

Deno.test("policy test --mutate is content when every mutant is noticed, and tries none when tests fail", async () => {
  await withHome(async (home) => {
    await home.write(
      "good.toml",
      `[metadata]\ndefault = "deny"\n[[rules]]\nid = "a"\ntool = "a"\naction = "allow"\n` +
        `[[tests]]\nname = "a"\ntool = "a"\nexpect = "allow"\n` +
        `[[tests]]\nname = "b"\ntool = "b"\nexpect = "deny"\n`,
    );
    const good = await home.run(["policy", "test", "--mutate", "good.toml"]);
    assert.deepEqual([good.code, good.stdout.split("\n\n").at(-1)], [
      0,
      "good.toml: 4 of 4 mutants noticed\n",
    ]);
    await home.write("f.toml", FAILING);
    const { code, stdout } = await home.run(["policy", "test", "--mutate", "f.toml", "good.toml"]);
    assert.equal(code, 1);
    assert.match(stdout, /\nf\.toml: no mutants are tried, since tests fail\ngood\.toml: 4 of 4 /);
  });
});

Deno.test("policy test --mutate changes the rules of the file, and not those of its packs", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", `extends = "builtin:allow-list"\n${POLICY}`);
    const { stdout } = await home.run(["policy", "test", "--mutate", "p.toml"]);
    assert.match(stdout, /\np\.toml: \d of 9 mutants noticed\n {2}line 2 {2}no-rm/);
    assert.doesNotMatch(stdout, /line .*allow-list/);
  });
});

Deno.test("policy test goes on when a file does not load, exit code 2", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    await home.write("bad.toml", "[[rules]]\n");
    const { code, stdout, stderr } = await home.run(["policy", "test", "bad.toml", "p.toml"]);
    assert.equal(code, 2);
    assert.match(stderr, /bad\.toml:1:3: a rule needs the key "id"/);
    assert.match(stdout, /bad\.toml\n {2}FAILED to load\np\.toml\n/);
    assert.match(stdout, /1 passed, 0 failed, 1 not loaded\nhonest work: /);
  });
});

Deno.test("policy test --together reads the files as one policy", async () => {
  await withHome(async (home) => {
    await home.write(
      "base.toml",
      `[[rules]]\nid = "open"\ntool = "bash"\naction = "allow"\n`,
    );
    await home.write("p.toml", POLICY);
    assert.equal((await home.run(["policy", "test", "base.toml", "p.toml"])).code, 0);
    const { code, stdout } = await home.run(
      ["policy", "test", "--together", "base.toml", "p.toml"],
    );
    assert.equal(code, 1);
    assert.match(stdout, /^base\.toml \+ p\.toml\n/);
    assert.match(stdout, /expected deny by the rule no-rm, got allow by the rule open/);
  });
});

Deno.test("policy test writes JUnit's XML, escaped", async () => {
  await withHome(async (home) => {
    await home.write("f&.toml", FAILING);
    await home.write("bad.toml", "[[rules]\n");
    const { code } = await home.run(
      ["policy", "test", "f&.toml", "bad.toml", "--junit", "r.xml"],
    );
    assert.equal(code, 2);
    const xml = (await Deno.readTextFile(home.path("r.xml"))).replaceAll(/time="[\d.]+"/g, `t=""`);
    const problem = /message="(bad\.toml:1:\d+: [^"]*)"/.exec(xml)?.[1];
    assert.ok(problem);
    assert.equal(
      xml.replace(/>bad\.toml:[^<]*</, "><"),
      `\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="agentgate policy test" tests="3" failures="1" errors="1" t="">
  <testsuite name="f&amp;.toml" tests="2" failures="1" errors="0" t="">
    <testcase name="deleting is refused" classname="f&amp;.toml" t=""/>
    <testcase name="a &lt;b&gt; &amp; &quot;c&quot; \uFFFD fails" classname="f&amp;.toml" t="">
      <failure message="expected allow, got deny by the rule no-rm">expected allow, got deny by the \
rule no-rm</failure>
    </testcase>
  </testsuite>
  <testsuite name="bad.toml" tests="1" failures="0" errors="1" t="">
    <testcase name="the policy loads" classname="bad.toml" t="">
      <error message="${problem}"></error>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });
});

Deno.test("policy test writes a report in JSON", async () => {
  await withHome(async (home) => {
    await home.write("f.toml", FAILING);
    await home.run(["policy", "test", "f.toml", "--json", "r.json"]);
    const report = JSON.parse(await Deno.readTextFile(home.path("r.json")));
    const [{ tests: [first, second], ...policy }] = report.policies;
    assert.deepEqual([report.passed, report.failed, policy], [1, 1, {
      files: ["f.toml"],
      problem: null,
      mutants: null,
    }]);
    assert.equal(typeof first.duration_ms, "number");
    assert.deepEqual({ ...second, duration_ms: 0 }, {
      name: `a <b> & "c" \u0007 fails`,
      tool: "bash",
      passed: false,
      expected: { decision: "allow", rule: null },
      actual: { decision: "deny", rule: "no-rm" },
      failures: ["expected allow, got deny by the rule no-rm"],
      duration_ms: 0,
    });
    const unwritable = await home.run(["policy", "test", "f.toml", "--json", "none/r.json"]);
    assert.deepEqual([unwritable.code, unwritable.stderr.split(":")[1]], [
      2,
      " cannot write the report none/r.json",
    ]);
  });
});

function explain(home: Home, ...words: readonly string[]): ReturnType<Home["run"]> {
  return home.run(["policy", "explain", "--policy", "p.toml", "--tool", "bash", ...words]);
}

Deno.test("policy explain prints each rule, its condition and the values, then the decision", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    const args = JSON.stringify({ command: ["rm", "-rf", "hunter2"] });
    const { code, stdout } = await explain(
      home,
      ...["--arguments", args, "--time", "2026-04-03T09:01:12Z", "--agent", "ada"],
    );
    assert.equal(code, 0);
    assert.equal(
      stdout,
      `\
call of bash on server from ada at 2026-04-03T09:01:12.000Z (UTC: weekday 5, 2026-04-03 09:01)

1. no-rm (deny): matches, decides
     (partly is enough for a deny rule)
   partly  all of
     partly  arguments.command matches 'rm\\s+-rf'
               arguments.command is ["rm","-rf","[REDACTED]"]
     true    not
       false   arguments.dry == true
                 arguments.dry is missing
2. mask (redact): matches, masks what is stored

decision:  deny by no-rm (p.toml:1)
message:   No deleting
`,
    );
    const allowed = await explain(home, "--arguments", `{"command":"echo hunter2"}`);
    assert.match(allowed.stdout, /decision: {2}allow by the default: no rule decided\n/);
    assert.match(allowed.stdout, /arguments: \{"command":"echo \[REDACTED\]"\}\n$/);
  });
});

Deno.test("policy explain --json prints the same as data", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    const { stdout } = await explain(home, "--json", "--arguments", `{"command":"rm -rf"}`);
    const { call, rules, decision } = JSON.parse(stdout);
    assert.deepEqual([call.tool, call.timezone], ["bash", "UTC"]);
    assert.deepEqual(rules.map(({ id, matched }: Record<string, string>) => [id, matched]), [
      ["no-rm", "yes"],
      ["mask", "yes"],
    ]);
    assert.equal(rules[0].condition.children[0].values[0].value, `"rm -rf"`);
    assert.deepEqual(decision, {
      action: "deny",
      rule: "no-rm",
      message: "No deleting",
      shadow: [],
    });
  });
});

Deno.test("policy explain takes the config's policy when none is named", async () => {
  await withHome(async (home) => {
    await home.write("p.toml", POLICY);
    const none = await home.run(["policy", "explain", "--tool", "bash"]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /give --policy, or policy_path in the config/);
    await home.write("c.toml", `policy_path = "p.toml"`);
    const { code, stdout } = await home.run(
      ["policy", "explain", "--config", "c.toml", "--tool", "bash"],
    );
    assert.equal(code, 0);
    assert.match(stdout, /1\. no-rm/);
  });
});

/** What follows `policy explain`, and what stderr must say of it; exit code 2. */
const MISUSES: readonly (readonly [words: string[], complaint: RegExp])[] = [
  [["--arguments", "{bad"], /^error: --arguments is not JSON: /],
  [["--arguments", "[1]"], /^error: --arguments must be a JSON object/],
  [["--annotations", "1"], /^error: --annotations must be a JSON object/],
  [["--time", "2026-04-03T09:01:12"], /^error: --time .* is not like 2026-04-03T09:01:12Z/],
  [["--policy", "none.toml"], /none\.toml: no such file/],
];

for (const [words, complaint] of MISUSES) {
  Deno.test(`policy explain ${words.join(" ")} is a misuse, exit code 2`, async () => {
    await withHome(async (home) => {
      await home.write("p.toml", POLICY);
      const { code, stdout, stderr } = await explain(home, ...words);
      assert.match(stderr, complaint);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  });
}

Deno.test("policy schema prints a JSON Schema, and a policy may name it in its first line", async () => {
  await withHome(async (home) => {
    const { code, stdout, stderr } = await home.run(["policy", "schema"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(JSON.parse(stdout).properties.rules.items.additionalProperties, false);
    await home.write("p.toml", `#:schema ./policy.schema.json\n${POLICY}`);
    assert.equal((await home.run(["policy", "check", "p.toml"])).code, 0);
  });
});
