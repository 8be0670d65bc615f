import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { ReplayReader } from "../../src/audit/replay_reader.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { learn, type LearnOptions } from "../../src/simulate/learn/learn.ts";
import { runTests } from "../../src/simulate/tests.ts";
import { rule } from "../policy/harness.ts";
import { recorded, type Recorder, replayed } from "./recorder.ts";

const NOTHING = '[metadata]\ndefault = "allow"\n';

/** Learns from a log, twice: the text must be the same. */
async function learned(path: string, options: Partial<LearnOptions> = {}): Promise<string> {
  using log = new ReplayReader(path);
  const all = { name: "learned", minCalls: 1, tests: 2, roots: [], ...options };
  const source = {
    *rows() {
      for (const { row } of log.rows({}, false)) yield row;
    },
    listedArguments: (server: string, tool: string) => log.listedArguments(server, tool),
    homes: () => log.homes(),
  };
  const text = await learn(source, all);
  assert.equal(await learn(source, all), text);
  return text;
}

/** What is true of everything that is learned: it loads, its tests pass, and nothing is tighter. */
async function assertSound(path: string, text: string): Promise<void> {
  using patterns = await loadPatterns();
  const policy = await parsePolicy([{ file: "learned.toml", text }], patterns);
  for (const report of runTests(policy, patterns)) {
    assert.deepEqual(report.failures, [], `${report.name}\n${text}`);
  }
  for (const { difference, row } of await replayed(path, text)) {
    assert.notEqual(difference, "tighter", `${row.tool_name} ${row.arguments}\n${text}`);
  }
}

/** Learns from calls of the tool `t`, and gives the text. */
async function fromCalls(
  calls: (folder: string) => readonly unknown[],
  check: (text: string, folder: string) => void | Promise<void>,
  options: Partial<LearnOptions> & { readonly policy?: string } = {},
): Promise<void> {
  const { policy = NOTHING, ...learning } = options;
  await recorded(policy, (recorder, folder) => {
    const session = recorder.session("one");
    for (const args of calls(folder)) recorder.call(session, "t", args);
  }, async (path, folder) => {
    const text = await learned(path, learning);
    await assertSound(path, text);
    await check(text, folder);
  });
}

/** The condition of the only rule of a text; null for none. */
function conditionOf(text: string): string | null {
  return /condition = '''\n([^]*?)\n'''/.exec(text)?.[1] ?? null;
}

/** Learns the condition for values of one argument. */
function shapeOf(values: readonly unknown[], condition: string | null, name = "x"): Promise<void> {
  return fromCalls(
    () => values.map((value) => ({ [name]: value })),
    (text) => assert.equal(conditionOf(text), condition),
  );
}

Deno.test("a value that never changes, and one of a few, is what is allowed", async () => {
  await shapeOf(["a", "a"], "arguments.x == 'a'");
  await shapeOf([7], "arguments.x == 7");
  await shapeOf([true, true], "arguments.x == true");
  await shapeOf(["it's", "it's"], `arguments.x == "it's"`);
  await shapeOf(["b", "a", "b", "a", "a", "b"], "arguments.x in ['a', 'b']");
  await shapeOf([["a", "b"], ["b"], ["a"], ["a", "b"]], "arguments.x in ['a', 'b']");
});

Deno.test("numbers have a range, and truth is truth", async () => {
  await shapeOf([10, 200, 11], "arguments.x >= 10 and arguments.x <= 200");
  await shapeOf([0.5, -2, 3], "arguments.x >= -2 and arguments.x <= 3");
  await shapeOf([[1, 2], [3]], "arguments.x >= 1 and arguments.x <= 3");
  await shapeOf([true, false], "arguments.x in [true, false]");
});

Deno.test("texts of a known form keep it", async () => {
  const identifier = "arguments.x matches '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$'";
  await shapeOf(["main", "dev", "v1.2"], identifier);
  await shapeOf(["2026-01-02", "2026-11-26"], "arguments.x matches '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'");
  await shapeOf(["0badf00d", "c0ffee11"], "arguments.x matches '^[0-9a-fA-F]{6,128}$'");
  await shapeOf(["any text", "some other text"], "exists(arguments.x)");
  await shapeOf(["a".repeat(300), "b".repeat(400)], "exists(arguments.x)");
});

Deno.test("addresses keep their scheme and their hosts", async () => {
  await shapeOf(
    ["https://a.example/1", "https://b.example/2", "https://a.example/3?q"],
    "url(arguments.x).scheme == 'https' and url(arguments.x).host in ['a.example', 'b.example']",
  );
  await shapeOf(["https://me@a.example/", "https://a.example/"], "exists(arguments.x)");
});

Deno.test("commands keep their programs, where the argument is one by its name", async () => {
  const commands = ["git status", "git log | head", "FOO=1 npm test"];
  const condition = "shell(arguments.command).programs in ['git', 'head', 'npm']";
  const none = "not shell(arguments.command).writes matches '.'";
  await shapeOf(commands, `${condition} and ${none}`, "command");
  await shapeOf([...commands, "git log > x"], condition, "command");
  await shapeOf(commands, "exists(arguments.text)", "text");
  await shapeOf(["git status", "$X status", "ls"], "exists(arguments.command)", "command");
});

Deno.test("paths keep the deepest folder that holds them", async () => {
  const inside = (folder: string, ...paths: string[]) => paths.map((p) => ({ x: join(folder, p) }));
  await fromCalls(
    (folder) => inside(folder, "p/a/1", "p/b/2", "p/b/../c/3"),
    (text, folder) => {
      assert.equal(conditionOf(text), `path(arguments.x) within '${folder}/p'`);
      assert.ok(text.includes(`arguments = { x = "${folder}/p-elsewhere/file" }`));
    },
  );
  await fromCalls(
    (folder) => [...inside(folder, "p/a/1", "p/b/2"), { x: "/srv/www/index.html" }, { x: "/" }],
    (text, folder) => {
      const within = `path(arguments.x) within ['/srv/www/index.html', '${folder}/p']`;
      assert.equal(conditionOf(text), `(${within} or arguments.x == '/')`);
    },
  );
  const spread = Array.from({ length: 9 }, (_, n) => ({ x: `/top${n}/a/b` }));
  await fromCalls(() => spread, (text) => assert.equal(conditionOf(text), "exists(arguments.x)"));
});

Deno.test("no folder above a root is allowed", () =>
  recorded(NOTHING, (recorder, folder) => {
    const session = recorder.session();
    for (const path of ["r/a/1", "r/a/2", "r/b/1", "r/b/2"]) {
      recorder.call(session, "t", { x: join(folder, path) });
    }
  }, async (path, folder) => {
    const roots = ["r/a", "r/b"].map((root) => join(folder, root));
    const text = await learned(path, { roots });
    await assertSound(path, text);
    assert.equal(conditionOf(text), `path(arguments.x) within ['${roots[0]}', '${roots[1]}']`);
  }));

Deno.test("a link out of a folder is where it leads as well", () =>
  recorded(NOTHING, async (recorder, folder) => {
    await Deno.mkdir(join(folder, "far", "away"), { recursive: true });
    await Deno.mkdir(join(folder, "near"));
    await Deno.symlink(join(folder, "far"), join(folder, "near", "link"));
    const session = recorder.session();
    for (const path of ["near/a", "near/link/away/b"]) {
      recorder.call(session, "t", { x: join(folder, path) });
    }
  }, async (path, folder) => {
    const text = await learned(path);
    await assertSound(path, text);
    assert.equal(conditionOf(text), `path(arguments.x) within '${folder}'`);
  }));

Deno.test("absence, null and emptiness are allowed where they were seen", async () => {
  await fromCalls(() => [{ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 3 }], (text) => {
    const second = "(not exists(arguments.b) or arguments.b >= 2 and arguments.b <= 3)";
    assert.equal(conditionOf(text), `arguments.a == 1\nand ${second}`);
    assert.match(text, /^# b: 2 of 3, absent 1, integer 2 … 3/m);
  });
  await shapeOf([null, "a", "a"], "(arguments.x == null or arguments.x == 'a')");
  await shapeOf([[], ["a"], ["a"]], "(len(arguments.x) == 0 or arguments.x == 'a')");
  await shapeOf([null, null], "arguments.x == null");
});

Deno.test("members of objects are learned, four levels down", () =>
  fromCalls(
    () => [1, 2].map((n) => ({ o: { p: { q: { r: { s: n } } }, "odd key": n } })),
    (text) => {
      assert.equal(
        conditionOf(text),
        [
          "exists(arguments.o)",
          'arguments.o["odd key"] >= 1 and arguments.o["odd key"] <= 2',
          "exists(arguments.o.p)",
          "exists(arguments.o.p.q)",
          "exists(arguments.o.p.q.r)",
        ].join("\nand "),
      );
    },
  ));

Deno.test("what can be read in more than one way is not learned", async () => {
  // A server may look into the text.
  await shapeOf(['{"a":1}', '{"a":1}'], "arguments.x == '{\"a\":1}'");
  await fromCalls(() => [{ Path: 1, path: 2 }, { Path: 1, path: 3 }], (text) => {
    assert.match(text, /not learned: it can be read in more than one way/);
  });
});

Deno.test("what the server lists and nobody gives is refused", () =>
  recorded(NOTHING, (recorder) => {
    const session = recorder.session();
    session.agent('{"jsonrpc":"2.0","id":"l","method":"tools/list"}\n');
    const tools = [{ name: "t", inputSchema: { properties: { used: {}, "never used": {} } } }];
    session.server(`${JSON.stringify({ jsonrpc: "2.0", id: "l", result: { tools } })}\n`);
    recorder.call(session, "t", { used: 1 });
  }, async (path) => {
    const text = await learned(path);
    await assertSound(path, text);
    assert.equal(conditionOf(text), 'arguments.used == 1\nand not exists(arguments["never used"])');
  }));

Deno.test("what was refused or went wrong is not learned from", () =>
  recorded(rule("no", { action: "deny", condition: "arguments.x == 'bad'" }), (recorder) => {
    const session = recorder.session();
    for (const x of ["good", "bad", "good"]) recorder.call(session, "t", { x });
    session.agent(
      '{"jsonrpc":"2.0","id":90,"method":"tools/call","params":{"name":"t","arguments":{"x":"err"}}}\n',
    );
    session.server('{"jsonrpc":"2.0","id":90,"error":{"code":-1,"message":"no"}}\n');
  }, async (path) => {
    const text = await learned(path);
    assert.equal(conditionOf(text), "arguments.x == 'good'");
    assert.match(text, /Learned from 2 calls of 1 tool/);
  }));

Deno.test("nothing that was masked is learned or printed, nor a secret that nobody masked", async () => {
  const policy = rule("keys", { action: "redact", pattern: "sk-[a-z]+" });
  await fromCalls(
    () => [{ key: "sk-abc", a: 1 }, { key: "plain", a: 1 }],
    (text) => {
      assert.equal(conditionOf(text), "arguments.a == 1");
      assert.match(text, /^# key: 2 of 2, not learned: masked$/m);
      assert.doesNotMatch(text, /REDACTED|sk-/);
    },
    { policy },
  );
  const token = `ghp_${"a1B2".repeat(9)}`;
  await fromCalls(() => [{ key: token }, { key: token }], (text) => {
    assert.ok(!text.includes(token));
    assert.match(
      text,
      /id = "learned-secrets"\ntool = \["t"\]\naction = "redact"\ndetect = \["secrets"\]/,
    );
  });
});

Deno.test("a call whose arguments were cut off teaches nothing", () =>
  recorded(
    NOTHING,
    (recorder) => {
      const session = recorder.session();
      recorder.call(session, "t", { x: "y".repeat(5000) });
      recorder.call(session, "t", { x: "y" });
    },
    async (path) => {
      const text = await learned(path);
      assert.match(text, /^# Not learned from: 1 call, truncated\.$/m);
      assert.equal(conditionOf(text), "arguments.x == 'y'");
    },
    { maxPayloadBytes: 1024 },
  ));

Deno.test("a tool with few calls is named, and not allowed", () =>
  recorded(NOTHING, (recorder) => {
    const session = recorder.session();
    for (const x of [1, 1]) recorder.call(session, "t", { x });
  }, async (path) => {
    const text = await learned(path, { minCalls: 3 });
    assert.match(text, /^# t: not learned: 2 of 3 calls that it takes \(/m);
    assert.doesNotMatch(text, /\[\[rules\]\]/);
  }));

Deno.test("odd names of tools and arguments are named as they are", () =>
  recorded(NOTHING, (recorder: Recorder) => {
    const session = recorder.session();
    for (const tool of ["a*b", "[x]", 'q"\\', "\u202eevil", " blank"]) {
      recorder.call(session, tool, { "'''": 1, 'k"': "'''", "new\nline": "\u0007" });
    }
  }, async (path) => {
    const text = await learned(path);
    assert.match(text, /^# {2}blank: not learned: no rule can name it$/m);
    using patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "learned.toml", text }], patterns);
    assert.equal(policy.rules.length, 4);
    for (const { failures, name } of runTests(policy, patterns)) {
      assert.deepEqual(failures, [], name);
    }
  }));

Deno.test("names that objects have by themselves are names as any", async () => {
  const calls = [
    "{}",
    '{"__proto__":{"polluted":1}}',
    '{"__proto__":{"polluted":1},"constructor":{"a":1}}',
  ];
  await fromCalls(() => calls.map((text) => JSON.parse(text)), (text) => {
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.match(text, /__proto__/);
  });
});

Deno.test("no mark in a value turns the writing of the file", async () => {
  await shapeOf(["\u202etxt.exe\u2066"], 'arguments.x == "\\u202etxt.exe\\u2066"');
  await fromCalls(
    () => [{ "k\u202e": "\u200f" }],
    (text) => assert.doesNotMatch(text, /\p{Bidi_Control}/u),
  );
});

Deno.test("many arguments are learned as far as a condition goes", () =>
  fromCalls(
    () =>
      [1, 2].map((n) => Object.fromEntries(Array.from({ length: 300 }, (_, k) => [`a${k}`, n]))),
    (text) => assert.match(text, /the condition would be too long/),
  ));

Deno.test("many paths of a call are read as far as a gateway reads them", () =>
  fromCalls(
    () =>
      [1, 2].map((n) => ({
        ...Object.fromEntries(
          ["a", "b", "c"].map((key) => [
            key,
            Array.from({ length: 30 }, (_, k) => `/srv/${key}/x${n}/${k}`),
          ]),
        ),
      })),
    (text) => assert.match(text, /path\(/),
  ));

Deno.test("whatever is called, what is learned loads, passes its tests and refuses none of it", async () => {
  const word = fc.oneof(
    fc.constantFrom(
      "a",
      "b",
      "main",
      "/srv/x/1",
      "/srv/x/2",
      "~/p/q",
      "https://a.example/x",
      "7",
      "",
      "{}",
    ),
    fc.string({ unit: "binary", maxLength: 12 }),
  );
  const scalar = fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const value = fc.oneof(
    { weight: 4, arbitrary: scalar },
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(word, scalar, { maxKeys: 2 }),
    fc.array(fc.dictionary(word, scalar, { maxKeys: 2 }), { maxLength: 2 }),
  );
  const key = fc.oneof(fc.constantFrom("path", "command", "x", "Path"), word);
  const args = fc.dictionary(key, value, { maxKeys: 3 });
  const calls = fc.array(fc.tuple(fc.constantFrom("one", "two"), args), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(calls, (calls) =>
      recorded(NOTHING, (recorder) => {
        const session = recorder.session();
        for (const [tool, args] of calls) recorder.call(session, tool, args);
      }, async (path) => await assertSound(path, await learned(path)))),
    { numRuns: 60 },
  );
});

Deno.test("a call is no test any more when a link leads elsewhere than it did", () =>
  recorded(NOTHING, async (recorder, folder) => {
    for (const name of ["near", "far"]) await Deno.mkdir(join(folder, name));
    const session = recorder.session();
    for (const path of ["near/a", "near/b"]) recorder.call(session, "t", { x: join(folder, path) });
  }, async (path, folder) => {
    const before = await learned(path);
    assert.match(before, /as it was called/);
    await Deno.remove(join(folder, "near"));
    await Deno.symlink(join(folder, "far"), join(folder, "near"));
    const text = await learned(path);
    using patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "learned.toml", text }], patterns);
    for (const { failures } of runTests(policy, patterns)) assert.deepEqual(failures, []);
  }));
