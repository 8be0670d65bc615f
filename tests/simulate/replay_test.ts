import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { LOST_TEXT } from "../../src/policy/policy_text.ts";
import { MAX_POLICIES } from "../../src/simulate/replay/policies_of_then.ts";
import { type ReplayedCall, wordOf } from "../../src/simulate/replay/replay.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { withConnection } from "../audit/support.ts";
import { rule } from "../policy/harness.ts";
import { recorded, type Recorder, type RecorderOptions, replayed } from "./recorder.ts";

/** What became of each call, in one text. */
function told({ before, after, difference, isExact, unknown, shadow }: ReplayedCall): string {
  const inexact = isExact ? "" : ` (${unknown.join("; ")})`;
  const shadowed = shadow === null ? "" : ` ${shadow.before.join()} → ${shadow.after.join()}`;
  return `${difference} ${wordOf(before)} → ${wordOf(after)}${inexact}${shadowed}`;
}

/** A limit behind the policy. */
function refusingEverySecond(): Stage {
  let calls = 0;
  const refusal = {
    outcome: "rate_limited",
    policyHit: "global",
    code: -1,
    message: "no",
  } as const;
  return { name: "limits", onRequest: () => ++calls % 2 === 0 ? undefined : refusal };
}

/** Records calls of `bash` under a policy, and tells what others make of them. */
function bash(
  policy: string,
  args: readonly unknown[],
  check: (replay: (policy: string | null) => Promise<string[]>, path: string) => Promise<void>,
  options: RecorderOptions = {},
): Promise<void> {
  return recorded(
    policy,
    (recorder) => {
      const session = recorder.session();
      for (const one of args) recorder.call(session, "bash", one);
    },
    (path) => check(async (policy) => (await replayed(path, policy)).map(told), path),
    options,
  );
}

const deny = (id: string, condition: string) => rule(id, { action: "deny", condition });
const ALLOW = '[metadata]\ndefault = "allow"\n';
const MASK = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });

Deno.test("Replay says what is looser, tighter and decided by another rule", () =>
  bash(
    deny("no-rm", "arguments.command contains 'rm'"),
    [{ command: "ls" }, { command: "rm x" }, { command: "cat" }],
    async (replay) => {
      assert.deepEqual(await replay(null), [
        "same allow:default → allow:default",
        "same deny:no-rm → deny:no-rm",
        "same allow:default → allow:default",
      ]);
      assert.deepEqual(await replay(deny("no-cat", "arguments.command contains 'cat'")), [
        "same allow:default → allow:default",
        "looser deny:no-rm → allow:default",
        "tighter allow:default → deny:no-cat",
      ]);
      assert.deepEqual(await replay(deny("other", "arguments.command contains 'rm'")), [
        "same allow:default → allow:default",
        "other deny:no-rm → deny:other",
        "same allow:default → allow:default",
      ]);
    },
  ));

Deno.test("Replay tries a condition on a masked value every way", () =>
  bash(MASK, [{ key: "sk-abc", command: "ls" }], async (replay) => {
    const masked = "(arguments.key was masked)";
    assert.deepEqual(await replay(MASK), ["same allow:default → allow:default"]);
    assert.deepEqual(await replay(deny("a", "arguments.key == 'sk-abc'")), [
      `tighter allow:default → deny:a ${masked}`,
    ]);
    assert.deepEqual(await replay(deny("a", "arguments.command == 'ls'")), [
      "tighter allow:default → deny:a",
    ]);
    assert.deepEqual(
      await replay(
        deny("a", "arguments.command == 'rm'") + rule("b", {
          action: "allow",
          condition: "arguments.key == 'x'",
        }) + rule("c", { action: "allow" }),
      ),
      [`other allow:default → allow:c ${masked}`],
    );
    // Whatever it is, the answer is the same.
    const alike = deny("a", "arguments.command == 'ls' and exists(arguments.command)") +
      deny("b", "arguments.key == 'x'");
    assert.deepEqual(await replay(alike), ["tighter allow:default → deny:a"]);
    // A lenient server takes the one for the other.
    assert.deepEqual(await replay(deny("a", "arguments.KEY == 'x'")), [
      `tighter allow:default → deny:a ${masked}`,
    ]);
  }));

Deno.test("Replay counts an inexact row as looser when any decision is", () =>
  bash(
    MASK + deny("no-key", "arguments.key contains 'sk-'"),
    [{ key: "sk-abc" }],
    async (replay) => {
      assert.deepEqual(await replay(MASK + deny("no-key", "arguments.key contains 'sk-'")), [
        "looser deny:no-key → allow:default (arguments.key was masked)",
      ]);
      // By itself, a masked row is no difference.
      assert.deepEqual(await replay(null), [
        "same deny:no-key → deny:no-key (arguments.key was masked)",
      ]);
    },
  ));

Deno.test("Replay tries no more than four conditions, and does not guess beyond", () => {
  const conditions = (n: number) =>
    Array.from({ length: n }, (_, i) => deny(`r${i}`, `arguments.key == '${i}'`)).join("");
  return bash(MASK + deny("no", "true"), [{ key: "sk-abc" }], async (replay) => {
    const masked = "(arguments.key was masked)";
    assert.deepEqual(await replay(conditions(4) + deny("no", "true")), [
      `other deny:no → deny:r3 ${masked}`,
    ]);
    assert.deepEqual(await replay(conditions(5) + deny("no", "true")), [
      `looser deny:no → allow ${masked}`,
    ]);
  });
});

Deno.test("Replay knows what was truncated, and masked keys, agents and tools", () =>
  recorded(
    MASK,
    (recorder) => {
      const session = recorder.session();
      recorder.call(session, "bash", { command: "x".repeat(300) });
      recorder.call(session, "bash", { env: { "sk-abc": 1 }, command: "ls" });
      recorder.call(session, "sk-tool", { command: "ls" });
    },
    async (path) => {
      const replay = async (policy: string) => (await replayed(path, policy)).map(told);
      const deny = (id: string, condition: string) =>
        rule(id, { action: "deny", condition, tool: "bash" });
      const tool = "same allow:default → allow:default (the tool was masked)";
      assert.deepEqual(await replay(deny("a", "arguments.command == 'x'")), [
        "tighter allow:default → deny:a (arguments was truncated)",
        "same allow:default → allow:default",
        tool,
      ]);
      assert.deepEqual(await replay(deny("a", "exists(arguments.env.x)")), [
        "tighter allow:default → deny:a (arguments was truncated)",
        "tighter allow:default → deny:a (arguments.env was masked)",
        tool,
      ]);
    },
    { maxPayloadBytes: 200 },
  ));

Deno.test("Replay knows an agent's masked name", () =>
  recorded(
    MASK,
    (recorder) => {
      const session = recorder.session();
      const clientInfo = { name: "agent sk-abc", version: "1" };
      session.agent(
        JSON.stringify({
          jsonrpc: "2.0",
          id: 0,
          method: "initialize",
          params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo },
        }) + "\n",
      );
      session.server('{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18"}}\n');
      recorder.call(session, "bash", {});
    },
    async (path) => {
      const [call] = await replayed(path, deny("a", "agent.name == 'x'"));
      assert.equal(told(call!), "tighter allow:default → deny:a (agent.name was masked)");
    },
  ));

Deno.test("Replay asks for annotations as they were, where a rule asked for them then", async () => {
  const asks = deny("writes", "not tool.annotations.readOnlyHint");
  const listed = (hint: boolean) =>
    `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"bash","annotations":{"readOnlyHint":${hint}}}]}}\n`;
  const record = (recorder: Recorder) => {
    const session = recorder.session();
    const list = (hint: boolean) => {
      session.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
      session.server(listed(hint));
    };
    recorder.call(session, "bash", {});
    list(true);
    recorder.call(session, "bash", {});
    list(false);
    recorder.call(session, "bash", {});
  };
  await Promise.all([
    recorded(asks, record, async (path) => {
      const same = [
        "same deny:writes → deny:writes",
        "same allow:default → allow:default",
        "same deny:writes → deny:writes",
      ];
      assert.deepEqual((await replayed(path, null)).map(told), same);
      assert.deepEqual((await replayed(path, asks)).map(told), same);
    }),
    recorded(ALLOW, record, async (path) => {
      const unknown = "tighter allow:default → deny:writes (tool.annotations was not recorded)";
      assert.deepEqual((await replayed(path, asks)).map(told), [unknown, unknown, unknown]);
      assert.deepEqual((await replayed(path, null)).filter(({ isExact }) => !isExact), []);
    }),
  ]);
});

Deno.test("Replay knows where paths led, and says where it does not", async () => {
  const inside = deny("outside", "not path(arguments.path) within './'");
  const record = async (recorder: Recorder, folder: string) => {
    await Deno.mkdir(join(folder, "in"));
    await Deno.symlink("/etc", join(folder, "link"));
    await Deno.symlink(join(folder, "in"), join(folder, "inner"));
    const session = recorder.session();
    for (const path of ["link/hosts", "inner/x", "in/x", "/etc/hosts"]) {
      recorder.call(session, "read", { path });
    }
    // The file system of later is another one.
    await Deno.remove(join(folder, "link"));
    await Deno.remove(join(folder, "inner"));
    await Deno.symlink("/etc", join(folder, "inner"));
  };
  const same = [
    "same deny:outside → deny:outside",
    "same allow:default → allow:default",
    "same allow:default → allow:default",
    "same deny:outside → deny:outside",
  ];
  await Promise.all([
    recorded(inside, record, async (path, folder) => {
      assert.deepEqual((await replayed(path, null)).map(told), same);
      assert.deepEqual((await replayed(path, inside)).map(told), same);
      // Another rule that reads the same paths.
      const other = deny("etc", "path(arguments.path) within '/etc'");
      assert.deepEqual((await replayed(path, other)).map(told), [
        "other deny:outside → deny:etc",
        "same allow:default → allow:default",
        "same allow:default → allow:default",
        "other deny:outside → deny:etc",
      ]);
      const wider = rule("read", {
        action: "allow",
        tool: "read",
        condition: "path(arguments.path) within './in'",
      });
      const elsewhere = deny("outside", "not path(arguments.file) within './'");
      assert.equal(
        (await replayed(path, `${wider}${elsewhere}`)).map(told).filter((text) =>
          text.includes("not recorded")
        )
          .length,
        0,
      );
      assert.ok(folder);
    }),
    recorded(ALLOW, record, async (path, folder) => {
      const [first] = (await replayed(path, inside)).map(told);
      const place = join(folder, "link/hosts");
      assert.equal(
        first,
        `same allow:default → allow:default (where ${place} leads was not recorded)`,
      );
      await Deno.symlink("/etc", join(folder, "link"));
      const [second] = (await replayed(path, inside)).map(told);
      assert.equal(
        second,
        `tighter allow:default → deny:outside (where ${place} leads was not recorded)`,
      );
    }),
  ]);
});

Deno.test("Replay runs limits and session.calls from the facts", () => {
  const limit = (max_calls: number, mode = "enforce") =>
    rule("few", { action: "rate_limit", max_calls, window_seconds: 10, mode });
  const record = (recorder: Recorder) => {
    const sessions = [recorder.session(), recorder.session()];
    for (let n = 0; n < 8; n++) {
      recorder.call(sessions[n % 2]!, "bash", {});
      recorder.nowMs += 1500;
    }
  };
  return recorded(limit(3) + limit(2, "shadow").replace("few", "fewer"), record, async (path) => {
    assert.deepEqual(
      (await replayed(path, null)).map(told).filter((text) => !/^same/.test(text)),
      [],
    );
    const looser = (await replayed(path, limit(8))).map(told);
    assert.ok(looser.includes("looser rate_limit:few → allow:default"));
    const tighter = (await replayed(path, limit(1))).map(({ after }) => wordOf(after));
    assert.deepEqual(tighter, [
      "allow:default",
      ...Array(6).fill("rate_limit:few"),
      "allow:default",
    ]);
    const third = (await replayed(path, deny("third", "session.calls == 2"))).map(told);
    assert.equal(third.filter((text) => text.endsWith("deny:third")).length, 2);
    const promoted = await replayed(path, limit(8) + limit(1, "shadow").replace("few", "fewer"), {
      promote: true,
    });
    assert.deepEqual(
      promoted.map(({ after, shadow }) => [wordOf(after), shadow]).slice(0, 2),
      [["allow:default", null], ["rate_limit:fewer", null]],
    );
  });
});

Deno.test("Replay does not know limits whose window began before the oldest row", () => {
  const few = rule("few", { action: "rate_limit", max_calls: 3, window_seconds: 10 });
  return recorded(few, (recorder) => {
    const session = recorder.session();
    for (let n = 0; n < 12; n++) {
      recorder.call(session, "bash", {});
      recorder.nowMs += 2000;
    }
  }, async (path) => {
    assert.ok((await replayed(path, few)).every(({ isExact }) => isExact));
    await withConnection(path, (db) => db.exec("DELETE FROM tool_invocations WHERE rowid <= 4"));
    const calls = await replayed(path, few);
    const unknown = calls.filter(({ isExact }) => !isExact);
    assert.equal(unknown.length, 5);
    assert.match(unknown[0]!.unknown.join(), /the limit of few: not all calls of its window/);
    assert.ok(calls.slice(5).every(({ isExact }) => isExact));
  });
});

Deno.test("Replay gives back what calls took that something behind the policy has refused", () => {
  const few = rule("few", { action: "rate_limit", max_calls: 2, window_seconds: 1000 });
  return recorded(few, (recorder) => {
    const session = recorder.session();
    for (let n = 0; n < 6; n++) recorder.call(session, "bash", {});
  }, async (path) => {
    assert.deepEqual((await replayed(path, null)).map(told), [
      ...Array(4).fill("same allow:default → allow:default"),
      ...Array(2).fill("same rate_limit:few → rate_limit:few"),
    ]);
  }, { stages: [refusingEverySecond()] });
});

Deno.test("Replay changes limits when the policy was changed", () => {
  const few = (max_calls: number) =>
    rule("few", { action: "rate_limit", max_calls, window_seconds: 10 });
  return recorded(few(2), async (recorder) => {
    const session = recorder.session();
    const some = (count: number, stepMs: number) => {
      for (let n = 0; n < count; n++) {
        recorder.call(session, "bash", {});
        recorder.nowMs += stepMs;
      }
    };
    some(3, 100);
    recorder.nowMs += 2000;
    await recorder.load(few(20));
    recorder.nowMs += 3000;
    some(30, 10);
    await recorder.load(few(1));
    some(5, 4000);
  }, async (path) => {
    assert.deepEqual(
      (await replayed(path, null)).map(told).filter((text) => !/^same/.test(text)),
      [],
    );
  });
});

Deno.test("Replay keeps what it doubts of a limit when the limit is changed", () => {
  const few = (max_calls: number, fields: Record<string, unknown> = {}) =>
    MASK + rule("few", { action: "rate_limit", max_calls, window_seconds: 1, ...fields });
  return recorded(few(1, { condition: "exists(arguments.key)" }), async (recorder) => {
    const session = recorder.session();
    recorder.call(session, "bash", { key: "sk-abc" });
    await recorder.load(few(2));
    recorder.call(session, "bash", {});
  }, async (path) => {
    assert.deepEqual((await replayed(path, null)).map(told), [
      "same allow:default → allow:default",
      "same rate_limit:few → rate_limit:few (the limit of few: not all calls of its window are known)",
    ]);
  });
});

Deno.test("Replay compares what shadow rules would do", () =>
  bash(
    deny("no-rm", "arguments.command contains 'rm'").replace(
      "[[rules]]",
      '[[rules]]\nmode = "shadow"',
    ),
    [{ command: "rm" }, { command: "ls" }],
    async (replay) => {
      assert.deepEqual(await replay(ALLOW), [
        "same allow:default → allow:default would_deny:no-rm → ",
        "same allow:default → allow:default",
      ]);
    },
  ));

Deno.test("Replay passes over what no policy was asked about, and takes old rows for what they say", () =>
  recorded(ALLOW, async (recorder) => {
    const session = recorder.session();
    session.agent('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}\n');
    recorder.call(session, "bash", { command: "ls" });
    recorder.call(session, "bash", { command: "rm" });
    await recorder.flush();
  }, async (path) => {
    assert.equal((await replayed(path, ALLOW)).length, 2);
    await withConnection(path, (db) =>
      db.exec(
        `UPDATE tool_invocations SET run = NULL, mono_us = NULL, facts = NULL, session_calls = NULL,
           policy_decision = NULL, policy_digest = NULL`,
      ));
    assert.deepEqual((await replayed(path, deny("a", "arguments.command == 'rm'"))).map(told), [
      "same allow → allow:default",
      "tighter allow → deny:a (it was recorded before facts were)",
    ]);
    assert.deepEqual((await replayed(path, null)).map(told), []);
  }));

Deno.test("Replay knows packs as they were, whatever became of their files", () => {
  const team = (word: string) =>
    `extends = ["./base.toml"]\n${deny("no-rm", `arguments.command contains '${word}'`)}`;
  const own = `extends = ["builtin:no-shell-escape", "./team.toml"]\n` +
    rule("dry", { action: "allow", condition: "arguments.dry == true" }) +
    `[[tests]]\nname = "a pack's rule"\ntool = "bash"\narguments = { command = "rm" }\n` +
    `expect = "deny"\nrule = "team/no-rm"\n`;
  const few = rule("few", { action: "rate_limit", max_calls: 1, window_seconds: 60 });
  return recorded(
    ALLOW,
    async (recorder, folder) => {
      const write = (name: string, text: string) =>
        Deno.writeTextFile(join(folder, `${name}.toml`), text);
      await write("team", team("rm"));
      await write("base", few);
      await recorder.load(own);
      const session = recorder.session();
      for (
        const [tool, command] of [["tidy", "rm x"], ["tidy", "a"], ["bash", "b"], ["tidy", "c"]]
      ) {
        recorder.call(session, tool!, { command });
      }
      recorder.call(session, "tidy", { command: "rm x", dry: true });
      await write("team", team("ls"));
      await Deno.remove(join(folder, "base.toml"));
    },
    async (path, folder) => {
      assert.deepEqual((await replayed(path, null)).map(told), [
        "same deny:team/no-rm → deny:team/no-rm",
        "same allow:default → allow:default",
        "same deny:no-shell-escape/no-shell-tools → deny:no-shell-escape/no-shell-tools",
        "same rate_limit:team/base/few → rate_limit:team/base/few",
        "same allow:dry → allow:dry",
      ]);
      await withConnection(path, (db) => {
        const { text } = db.prepare("SELECT text FROM policies WHERE text LIKE '%extends%'").get()!;
        assert.ok(String(text).includes(JSON.stringify({ file: join(folder, "policy.toml") })));
        assert.ok(!String(text).includes("[[tests]]"));
      });
    },
  );
});

Deno.test("Replay does not take a policy whose text was not kept for one that allows", () =>
  bash(deny("no", "true"), [{}], async (replay, path) => {
    const digest = await withConnection(path, (db) => {
      db.prepare("UPDATE policies SET text = ?").run(LOST_TEXT);
      return db.prepare("SELECT digest FROM policies").get()!.digest;
    });
    assert.deepEqual(await replay(null), [
      `same deny:no → deny:no (the text of the policy of then, ${digest}, was not kept)`,
    ]);
  }));

Deno.test("Replay reads recorded policies of which nothing is left but what does not decide", () =>
  recorded(
    `[[tests]]\nname = "a"\ntool = "x"\nexpect = "allow"\n${ALLOW}`,
    async (recorder, folder) => {
      await Deno.writeTextFile(
        join(folder, "secrets.toml"),
        "[[rules]]\nid = 'a'\nregex = 'sk-[a-z]+'\n",
      );
      await recorder.load(`[redaction]\nrules = "secrets.toml"\n`);
      recorder.call(recorder.session(), "bash", { key: "sk-abc" });
    },
    async (path) => {
      assert.deepEqual((await replayed(path, null)).map(told), [
        "same allow:default → allow:default",
      ]);
    },
  ));

Deno.test("Replay loads policies of then again that had to go for others", () => {
  const policies = Array.from(
    { length: MAX_POLICIES + 6 },
    (_, n) => deny(`r${n}`, `arguments.n == ${n}`),
  );
  return recorded(ALLOW, async (recorder) => {
    const session = recorder.session();
    for (const round of [0, 1]) {
      for (const [n, policy] of policies.entries()) {
        await recorder.load(policy);
        recorder.call(session, "bash", { n: n + round });
        recorder.nowMs += 1;
      }
    }
  }, async (path) => {
    const calls = await replayed(path, null);
    assert.deepEqual(
      calls.map(told),
      [
        ...policies.map((_, n) => `same deny:r${n} → deny:r${n}`),
        ...policies.map(() => "same allow:default → allow:default"),
      ],
    );
  });
});

Deno.test("Replay finds in a new file what was told before the log was displaced", () =>
  recorded(deny("outside", "not path(arguments.path) within './'"), async (recorder, folder) => {
    const session = recorder.session();
    recorder.call(session, "read", { path: "a" });
    await recorder.flush();
    // At one stroke: what is beside it, the log's thread takes away when it notices.
    await Deno.rename(join(folder, "logs.db"), join(folder, "old.db"));
    await Deno.symlink("/etc", join(folder, "link"));
    for (const path of ["link/hosts", "a"]) recorder.call(session, "read", { path });
    await recorder.flush();
  }, async (path) => {
    const calls = (await replayed(path, null)).map(told);
    assert.deepEqual(calls.slice(-2), [
      "same deny:outside → deny:outside",
      "same allow:default → allow:default",
    ]);
  }));

Deno.test("Replay compares two policies, whose common conditions are the same", () =>
  recorded(MASK, (recorder) => {
    const session = recorder.session();
    recorder.call(session, "bash", { key: "sk-abc" });
  }, async (path) => {
    const policy = deny("a", "arguments.key == 'sk-abc'");
    const [call] = await replayed(path, policy, { against: policy });
    assert.equal(call?.isExact, true);
    const [other] = await replayed(path, policy.replace("abc", "abd"), { against: policy });
    assert.equal(told(other!), "looser deny:a → allow:default (arguments.key was masked)");
  }));

Deno.test("Replay takes no token for a call that a doubtful limit has refused", () => {
  const limit = (maxCalls: number, condition = "") =>
    `${ALLOW}${MASK}[[rules]]\nid = "r0"\ntool = "*"\naction = "rate_limit"\n${condition}` +
    `max_calls = ${maxCalls}\nwindow_seconds = 1\n`;
  return recorded(limit(3, `condition = "arguments.key contains 'sk-'"\n`), async (recorder) => {
    const session = recorder.session();
    recorder.call(session, "bash", { key: "sk-abc" });
    for (const maxCalls of [1, 2]) {
      await recorder.load(limit(maxCalls));
      recorder.call(session, "bash", {});
    }
  }, async (path) => {
    const calls = await replayed(path, null);
    assert.deepEqual(calls.map(({ difference }) => difference), ["same", "same", "same"]);
  });
});

Deno.test("a recorded session replayed with its own policies has no difference", () =>
  fc.assert(
    fc.asyncProperty(sessionArbitrary(), async ({ policies, steps, refuses }) => {
      await recorded(policies[0]!, async (recorder, folder) => {
        await Deno.symlink("/etc", join(folder, "link"));
        const sessions = [recorder.session(), recorder.session()];
        for (const step of steps) {
          recorder.nowMs += step.pauseMs;
          if (step.load !== undefined) await recorder.load(policies[step.load]!);
          recorder.call(sessions[step.session]!, step.tool, step.args);
        }
      }, async (path) => {
        const calls = await replayed(path, null);
        assert.equal(calls.length, steps.length);
        const different = calls.filter(({ difference, shadow }) =>
          difference !== "same" || shadow !== null
        );
        assert.deepEqual(different.map(told), []);
        // Nothing but what is masked is unknown.
        const unknown = calls.flatMap(({ unknown }) => unknown);
        assert.deepEqual(unknown.filter((text) => !/was masked|not all calls of/.test(text)), []);
      }, { stages: refuses ? [refusingEverySecond()] : [] });
    }),
    { numRuns: Number(Deno.env.get("RUNS") ?? 40) },
  ));

/** Policies that count, redact, read paths and wait in shadow, and calls to them. */
function sessionArbitrary() {
  const condition = fc.constantFrom(
    ...["arguments.command contains 'rm'", "arguments.key contains 'sk-'", "session.calls > 3"],
    ...["not path(arguments.path) within './'", "exists(arguments.key)", "arguments.n > 2"],
    ...["tool.annotations.readOnlyHint", "time.hour < 12 or arguments.n == 1"],
  );
  const ruleArbitrary = fc.record({
    tool: fc.constantFrom("*", "bash", "read"),
    mode: fc.constantFrom("enforce", "enforce", "shadow"),
    action: fc.constantFrom("allow", "deny", "rate_limit", "rate_limit"),
    condition: fc.option(condition, { nil: undefined }),
    max_calls: fc.integer({ min: 1, max: 6 }),
    window_seconds: fc.integer({ min: 1, max: 20 }),
  });
  const policy = fc.array(ruleArbitrary, { maxLength: 6 }).map((rules) =>
    ALLOW + MASK +
    rules.map(({ action, condition, max_calls, window_seconds, ...rest }, n) =>
      rule(`r${n}`, {
        ...{ action, ...rest },
        ...condition === undefined ? {} : { condition },
        ...action === "rate_limit" ? { max_calls, window_seconds } : {},
      })
    ).join("")
  );
  const args = fc.record({
    command: fc.constantFrom("ls", "rm x", "sk-abc"),
    key: fc.constantFrom("sk-abc", "x"),
    path: fc.constantFrom("a", "../b", "link/hosts", "/etc/hosts", "~/x"),
    n: fc.integer({ min: 0, max: 4 }),
  }, { requiredKeys: [] });
  const step = fc.record({
    pauseMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 4000, noNaN: true })),
    load: fc.option(fc.nat(2), { nil: undefined, freq: 8 }),
    session: fc.nat(1),
    tool: fc.constantFrom("bash", "read", "other"),
    args,
  });
  return fc.record({
    refuses: fc.boolean(),
    policies: fc.tuple(policy, policy, policy),
    steps: fc.array(step, { minLength: 1, maxLength: 60 }),
  });
}
