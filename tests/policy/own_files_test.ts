import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { MAX_LINKED_CHARS, MAX_LINKED_PATHS, OwnFiles } from "../../src/policy/own_files.ts";
import { selfStage } from "../../src/policy/self_stage.ts";
import { call, Harness, lines, request } from "../session/harness.ts";

/** Runs `body` with a home that has AgentGate's files, a policy elsewhere, and a working folder. */
async function withOwnFiles(
  body: (own: OwnFiles, home: string, work: string) => unknown,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "agentgate_own_" });
  try {
    const home = join(root, "me"), work = join(root, "work");
    await Deno.mkdir(join(home, ".agentgate", "policies"), { recursive: true });
    await Deno.mkdir(join(work, "gate"), { recursive: true });
    for (const file of ["me/.agentgate/logs.db", "work/gate/policy.toml", "work/cfg.toml"]) {
      await Deno.writeTextFile(join(root, file), "");
    }
    const own = new OwnFiles({
      places: [
        { what: "the folder", path: join(home, ".agentgate"), kind: "folder" },
        { what: "the policy", path: join(work, "gate", "policy.toml"), kind: "file" },
        { what: "the config", path: join(work, "cfg.toml"), kind: "file" },
        { what: "the log", path: join(root, "var", "calls.db"), kind: "database" },
      ],
      bases: [work, home],
      env: { HOME: home, GATE: join(work, "gate") },
    });
    await body(own, home, work);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const named = (own: OwnFiles, text: string) => own.namedIn({ x: [text] });

Deno.test("OwnFiles.namedIn knows a file in whatever spelling resolves there", () =>
  withOwnFiles((own, home, work) => {
    const folder = [
      `${home}/.agentgate`,
      `${home}/.agentgate/`,
      `${home}/.agentgate/policies/new.toml`,
      `${home}//.agentgate/./logs.db`,
      `${home}/x/../.agentgate/logs.db`,
      `${home}/.AgentGate/logs.db`,
      "~/.agentgate/logs.db",
      "~me/.agentgate/logs.db",
      "$HOME/.agentgate/logs.db",
      "${HOME}/.agentgate/logs.db",
      "${HOME:-/x}/.agentgate/logs.db",
      ".agentgate/logs.db",
      "./.agentgate/logs.db",
      "../me/.agentgate/logs.db",
      "me/.agentgate/logs.db",
      `file://${home}/.agentgate/logs.db`,
      `file://${home}/%2eagentgate/logs.db`,
      `sqlite://${home}/.agentgate/logs.db`,
      "~/.agentgat?/logs.db",
      "~/.agent*/logs.db",
      "~/.[a]gentgate/logs.db",
      "~/.agent{gate,x}/logs.db",
    ];
    for (const text of folder) assert.equal(named(own, text), "the folder", text);
    for (const text of ["gate/policy.toml", `${work}/gate/policy.toml`, "$GATE/policy.toml"]) {
      assert.equal(named(own, text), "the policy", text);
    }
    assert.equal(named(own, "cfg.toml"), "the config");
    for (const text of ["calls.db", "calls.db-wal", "calls.db-shm"]) {
      assert.equal(named(own, `${work}/../var/${text}`), "the log", text);
    }
  }));

Deno.test("OwnFiles.namedIn finds the paths in commands, JSON, code and prose", () =>
  withOwnFiles((own, home) => {
    for (
      const text of [
        "rm -rf ~/.agentgate",
        "cd ~ && cat .agentgate/config.toml",
        `cat '${home}/.agentgate/logs.db'`,
        `sqlite3 "${home}/.agentgate/logs.db" 'drop table tool_invocations'`,
        'cat ~/.agent""gate/logs.db',
        "cat ~/.agentg\\ate/logs.db",
        "echo x>~/.agentgate/config.toml",
        "x=$(cat ~/.agentgate/config.toml)",
        "dd if=/dev/zero of=~/.agentgate/logs.db",
        `docker run -v ${home}/.agentgate:/data x`,
        `{"path":"${home}/.agentgate/logs.db"}`,
        `{"path":"${home}/\\u002eagentgate/logs.db"}`,
        `open("${home}/.agentgate/logs.db", "w")`,
        `first line\nsecond ~/.agentgate/x\n`,
        `${"padding ".repeat(2000)} ~/.agentgate/logs.db`,
      ]
    ) assert.equal(named(own, text), "the folder", text.slice(-60));
    assert.equal(own.namedIn({ [`${home}/.agentgate/x`]: 1 }), "the folder");
    assert.equal(own.namedIn({ a: { b: [{ c: "~/.agentgate/x" }] } }), "the folder");
  }));

Deno.test("OwnFiles.namedIn follows links, of folders, too", {
  ignore: Deno.build.os === "windows",
}, () =>
  withOwnFiles(async (own, home, work) => {
    await Deno.symlink(join(home, ".agentgate"), join(work, "inside"));
    await Deno.symlink(join(work, "gate", "policy.toml"), join(work, "notes.txt"));
    assert.equal(named(own, `${work}/inside/logs.db`), "the folder");
    assert.equal(named(own, `${work}/inside/not/there/yet`), "the folder");
    assert.equal(named(own, "inside/logs.db"), "the folder");
    assert.equal(named(own, `cat ${work}/notes.txt`), "the policy");
    assert.equal(named(own, `/proc/self/root${home}/.agentgate/logs.db`), "the folder");
    assert.equal(named(own, `${work}/other.txt`), undefined);
  }));

Deno.test("OwnFiles.namedIn leaves honest work alone", () =>
  withOwnFiles((own, home, work) => {
    for (
      const text of [
        `${home}`,
        `${home}/.agentgate.md`,
        `${home}/.agentgate-notes/x`,
        `${home}/agentgate/main.ts`,
        `/srv/.agentgates/x`,
        `${work}`,
        `${work}/gate`,
        `${work}/gate/other.toml`,
        `${work}/policy.toml`,
        "policy.toml",
        "src/policy.toml",
        "other/cfg.toml",
        "config.toml",
        "logs.db",
        "calls.db",
        "ls ~/*",
        "rm -rf ./*",
        "echo $HOME",
        "the agentgate binary / its policy",
        "https://example.com/.well-known/x?y=%zz",
        "100% / 50 %",
        "",
      ]
    ) assert.equal(named(own, text), undefined, text);
    assert.equal(own.namedIn({ a: 1, b: null, c: true }), undefined);
  }));

Deno.test("OwnFiles.namedIn follows so many paths of a call, and takes more for ours", () =>
  withOwnFiles((own, _home, work) => {
    const paths = (count: number) => Array.from({ length: count }, (_, i) => `${work}/${i}`);
    assert.equal(own.namedIn(paths(MAX_LINKED_PATHS)), undefined);
    assert.equal(own.namedIn(paths(MAX_LINKED_PATHS + 1)), `more than ${MAX_LINKED_PATHS} paths`);
    // What is longer is contents: its names count, its links do not.
    const contents = `${"/a/b ".repeat(MAX_LINKED_CHARS)}`;
    assert.equal(own.namedIn([contents]), undefined);
  }));

Deno.test("selfStage refuses calls and other requests, and the record says what they name", () =>
  withOwnFiles((own, home) => {
    const h = new Harness({ stages: [selfStage(own)] });
    const refused = h.agent(call(1, "write_file", { path: "~/.agentgate/config.toml" }));
    assert.equal(refused.server, "");
    const [{ error }] = lines(refused.agent);
    assert.match(error.message, /AgentGate's own files are out of an agent's reach/);
    assert.deepEqual(error.data, { rule: "self", outcome: "denied" });
    assert.equal(
      h.agent(request(2, "resources/read", { uri: `file://${home}/.agentgate/x` })).server,
      "",
    );
    const passed = call(3, "read_file", { path: "/etc/hosts" });
    assert.equal(h.agent(passed).server, passed);
    assert.deepEqual(
      h.ended.map(({ tool, policyHit, outcome, detail }) => [tool, policyHit, outcome, detail]),
      ["write_file", "resources/read"].map((tool) => [tool, "self", "denied", "names the folder"]),
    );
  }));

Deno.test("OwnFiles.mayNameInJson is true of every JSON text whose value names a file, however it is escaped", () =>
  withOwnFiles((own, home) => {
    const piece = fc.constantFrom(
      ...["policy.toml", "cfg.toml", "calls.db-wal", ".agentgate", `${home}/.agentgate/x`, "gate/"],
      ...["~/.agentgate", "$HOME", "/", "\\", "\n", '"', "\t", " ", "a", "é", '{"p":"', '"}'],
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.nat(3)), fc.boolean(), (text, dice, isNested) => {
        const value = { x: [isNested ? JSON.stringify({ y: text }) : text] };
        const json = JSON.stringify(value).replace(
          /\\.|[a-z./]/gi,
          (c) =>
            c.length === 1 && dice.next().value === 0 ? `\\u00${c.charCodeAt(0).toString(16)}` : c,
        );
        assert.deepEqual(JSON.parse(json), value);
        if (own.namedIn(value) !== undefined) assert.ok(own.mayNameInJson(json), json);
      }),
      { numRuns: 500 },
    );
    assert.ok(!own.mayNameInJson('{"x":"a text\\nin \\"lines\\"\\t"}'));
    assert.ok(own.mayNameInJson('{"x":"a\\u002fb"}') && own.mayNameInJson('{"x":"a\\\\b"}'));
    const odd = new OwnFiles({
      places: [{ what: "odd", path: '/var/my"log\n.db', kind: "file" }],
      bases: ["/var"],
      env: {},
    });
    assert.ok(odd.mayNameInJson(JSON.stringify('my"log\n.db')));
  }));
