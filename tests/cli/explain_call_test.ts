import assert from "node:assert/strict";
import { join } from "node:path";
import { withConnection } from "../audit/support.ts";
import { rule } from "../policy/harness.ts";
import { recorded } from "../simulate/recorder.ts";
import { type Ended, Home } from "./agentgate.ts";

const DENY = rule("no-rm", {
  ...{ action: "deny", condition: "arguments.command contains 'rm' and not arguments.dry == true" },
});
const MASK = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });
const FEW = rule("few", { action: "rate_limit", max_calls: 2, window_seconds: 60 });

/** Explains the call that was recorded as the n-th; the first is 0. */
type Explain = (n: number, ...words: readonly string[]) => Promise<Ended>;

/** Records calls of `bash`, which then can be explained. */
function explaining(
  policy: string,
  calls: readonly unknown[],
  check: (explain: Explain, folder: string, db: string) => Promise<void>,
): Promise<void> {
  return recorded(policy, (recorder) => {
    const session = recorder.session("a-session");
    for (const args of calls) recorder.call(session, "bash", args);
  }, async (db, folder) => {
    const ids = await withConnection(
      db,
      (log) =>
        log.prepare("SELECT id FROM tool_invocations ORDER BY rowid").all().map(({ id }) =>
          String(id)
        ),
    );
    const home = new Home(folder);
    const explain: Explain = (n, ...words) =>
      home.run(["policy", "explain", "--call", ids[n] ?? "none", "--db", db, ...words]);
    await check(explain, folder, db);
  });
}

Deno.test("policy explain --call explains a recorded call by the policy of then, or another", () =>
  explaining(
    DENY + MASK + FEW,
    [{ command: "rm x" }, { command: "ls" }],
    async (explain, folder) => {
      const { code, stdout, stderr } = await explain(0);
      const file = join(folder, "policy.toml");
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        `\
call of bash on server at 2026-11-25T00:00:01.000Z (UTC: weekday 3, 2026-11-25 00:00)
recorded:  deny by no-rm
policy:    ${file}, as it was in force then

1. no-rm (deny): matches, decides
   true    all of
     true    arguments.command contains 'rm'
               arguments.command is "rm x"
     true    not
       false   arguments.dry == true
                 arguments.dry is missing
2. few (rate_limit): not reached

decision:  deny by no-rm (${file}:1)
`,
      );
      await Deno.writeTextFile(join(folder, "new.toml"), `# the new one\n${FEW}`);
      const other = await explain(0, "new.toml");
      assert.match(other.stdout, /\npolicy: {4}new\.toml\n/);
      assert.match(other.stdout, /\ndecision: {2}allow by the default: no rule decided\n/);
      assert.equal((await explain(0, "--policy", "new.toml")).stdout, other.stdout);
    },
  ));

Deno.test("policy explain --call counts the calls before it", () =>
  explaining(FEW, [{}, {}, {}], async (explain) => {
    assert.match((await explain(1)).stdout, /1\. few \(rate_limit\): matches, counts\n/);
    const third = (await explain(2)).stdout;
    assert.match(third, /1\. few \(rate_limit\): matches, refuses: the limit is reached\n/);
    assert.match(third, /\ndecision: {2}rate_limit by few \(/);
  }));

Deno.test("policy explain --call says what is not certain", () =>
  explaining(MASK, [{ key: "sk-abc" }], async (explain, folder) => {
    const condition = "arguments.key == 'sk-abc'";
    await Deno.writeTextFile(join(folder, "new.toml"), rule("a", { action: "deny", condition }));
    const { stdout } = await explain(0, "new.toml");
    assert.match(
      stdout,
      /1\. a \(deny\): does not match\n {5}\(not certain: arguments\.key was masked\)\n/,
    );
    assert.match(
      stdout,
      /\nnot exact: arguments\.key was masked; it may be deny by a as well\n$/,
    );
    const { id, exact, unknown, possible, rules, recorded } = JSON.parse(
      (await explain(0, "new.toml", "--json")).stdout,
    );
    assert.deepEqual([exact, unknown, possible, recorded], [
      ...[false, ["arguments.key was masked"], "deny:a", "allow:default"],
    ]);
    assert.deepEqual(rules[0].unknown, ["arguments.key was masked"]);
    assert.equal(typeof id, "string");
  }));

Deno.test("policy explain --call says why a call cannot be explained", () =>
  explaining(DENY, [{ command: "ls" }, { command: "rm" }], async (explain, folder, db) => {
    const update = (sql: string) =>
      withConnection(db, (log) => log.exec(`UPDATE tool_invocations SET ${sql}`));
    await update("policy_digest = 'gone'");
    const gone = await explain(1);
    assert.equal(gone.code, 0, gone.stderr);
    assert.match(
      gone.stdout,
      /^call of bash on server at .*\nrecorded: {2}deny by no-rm\nit cannot be decided again: the policy of then, gone, is not in the log\n$/,
    );
    await update("run = NULL, mono_us = NULL, policy_decision = NULL, policy_digest = NULL");
    assert.match(
      (await explain(0)).stdout,
      /\nno policy was asked about it: the log did not keep the policy yet; name one/,
    );
    await Deno.writeTextFile(join(folder, "p.toml"), DENY);
    assert.match(
      (await explain(1, "p.toml")).stdout,
      /\ndecision: {2}deny by no-rm \(p\.toml:1\)\n/,
    );
    await update("outcome = 'malformed', status = 'denied'");
    const malformed = await explain(0, "--json");
    assert.deepEqual([malformed.code, JSON.parse(malformed.stdout).not_asked], [0, "malformed"]);
    assert.match(
      (await explain(0, "p.toml")).stdout,
      /\nno policy was asked about it: malformed\n$/,
    );
  }));

Deno.test("policy explain --call is misused with exit code 2", () =>
  explaining(DENY, [{}], async (explain) => {
    const misuses: readonly [number, readonly string[], RegExp][] = [
      [
        9,
        [],
        /^error: there is no call "none" in .*logs\.db: agentgate logs --jsonl prints the ids\n$/,
      ],
      [0, ["--tool", "bash"], /--call <id>.* cannot be used with option '--tool <name>'/],
      [0, ["--arguments", "{}"], /--call <id>.* cannot be used with option '--arguments <json>'/],
      [0, ["none.toml"], /none\.toml: no such file/],
      [0, ["a.toml", "--policy", "b.toml"], /give the policy as words or by --policy, not both/],
      [0, ["--db", "none.db"], /none\.db/],
    ];
    for (const [n, words, complaint] of misuses) {
      const { code, stdout, stderr } = await explain(n, ...words);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, complaint);
    }
  }));
