import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { carryOut } from "../../src/clients/changes.ts";
import { Records } from "../../src/clients/records.ts";
import { Home, STARTER } from "./support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Files as people write them, by client. */
const FILES: readonly (readonly [client: string, text: string, read: (text: string) => Any])[] = [
  [
    "zed",
    `// Zed\n{\n  "theme": "One", // dark\n  "context_servers": {\n    /* mine */\n    "files": {\n      "source": "custom",\n      "command": "npx", // the runner\n      "args": [\n        "-y", // yes\n        "x",\n        "/tmp",\n      ],\n      "env": { "A": "1" },\n    },\n    "bare": { "command": "uvx" },\n  },\n}\n`,
    (text) => parseJsonc(text).context_servers,
  ],
  [
    "claude-desktop",
    `{\r\n\t"globalShortcut": "",\r\n\t"mcpServers": {\r\n\t\t"files": {\r\n\t\t\t"command": "npx",\r\n\t\t\t"args": [\r\n\t\t\t\t"-y",\r\n\t\t\t\t"x"\r\n\t\t\t]\r\n\t\t},\r\n\t\t"e": {"command":"C:\\\\a b\\\\x.exe","args":[]}\r\n\t}\r\n}`,
    (text) => JSON.parse(text).mcpServers,
  ],
  [
    "cursor",
    `{"mcpServers":{"a":{"args":["-y","x"],"command":"npx"},"b":{"command":"y"}}}`,
    (text) => JSON.parse(text).mcpServers,
  ],
  [
    "opencode",
    `{\n  "mcp": {\n    "files": { "type": "local", "command": ["npx", "-y", "x"], "enabled": true }\n  }\n}\n`,
    (text) => parseJsonc(text).mcp,
  ],
  [
    "codex",
    `# top\nmodel = "x" # keep\n\n[mcp_servers.files] # mine\ncommand = 'npx'  # literal\nargs = [ # list\n  "-y", # yes\n  "x",\n]\nstartup_timeout_sec = 20\n\n[mcp_servers.files.env]\nA = "1"\n\n[mcp_servers."with space"]\ncommand = "uvx"\nargs = ["a"]\n\n[mcp_servers.bare]\ncommand = "z"\n`,
    (text) => parseToml(text).mcp_servers,
  ],
  [
    "goose",
    `# goose\nGOOSE_PROVIDER: openai # keep\nextensions:\n  files: # mine\n    enabled: true\n    type: stdio\n    cmd: npx # runner\n    args:\n      - -y\n      - "x"   # pkg\n    envs: {}\n  bare:\n    cmd: uvx\n    type: stdio\n`,
    (text) => parseYaml(text).extensions,
  ],
  [
    "continue",
    `name: me\nmcpServers:\n  - name: files\n    command: npx\n    args: ["-y", "x"]\n  - name: two\n    command: uvx\n    args:\n    - a\n`,
    (text) => Object.fromEntries(parseYaml(text).mcpServers.map((one: Any) => [one.name, one])),
  ],
];

/** The words that start a server. */
function wordsOf(entry: Any): string[] {
  if (Array.isArray(entry.command)) return entry.command;
  return [entry.command ?? entry.cmd, ...entry.args ?? []];
}

for (const [client, text, read] of FILES) {
  Deno.test(`install, ${client}: only commands change; again nothing; uninstall gives the same bytes`, async () => {
    await using home = await Home.with(client, text);
    assert.equal(await home.do("install"), null);
    const wrapped = await home.text(), before = plain(read(text)), after = plain(read(wrapped));
    for (const [name, entry] of Object.entries<Any>(before)) {
      const own = [STARTER.program, "wrap", "--name", name, "--"];
      assert.deepEqual(wordsOf(after[name]), [...own, ...wordsOf(entry)]);
      const rest = ({ command: _c, cmd: _d, args: _a, ...rest }: Any) => rest;
      assert.deepEqual(rest(after[name]), rest(entry));
    }
    for (const comment of text.match(/(\/\/|\/\*|#) ?\w+/g) ?? []) {
      assert.ok(wrapped.includes(comment));
    }
    assert.equal((await home.report("install")).after, wrapped);
    assert.deepEqual(
      (await home.report("status")).servers.map(({ state, why }) => [state, why]),
      Object.keys(before).map(() => ["wrapped", null]),
    );
    assert.equal(await home.do("uninstall"), null);
    assert.equal(await home.text(), text);
  });

  Deno.test(`uninstall, ${client}: without records, and after an edit, the same values`, async () => {
    await using home = await Home.with(client, text);
    await home.do("install");
    await home.forget();
    await home.do("uninstall");
    const after = plain(read(await home.text()));
    for (const [name, entry] of Object.entries<Any>(plain(read(text)))) {
      assert.deepEqual(wordsOf(after[name]), wordsOf(entry));
    }
    await using edited = await Home.with(client, text);
    await edited.do("install");
    const [first] = (await edited.report("status")).servers;
    await Deno.writeTextFile(
      edited.path,
      (await edited.text()).replace(
        /(?<!model = )(["' ])x\1|- "x"/,
        (all) => all.replace("x", "edited"),
      ),
    );
    const [now] = (await edited.report("status")).servers;
    if (text.includes('"x"')) {
      assert.deepEqual([now!.name, now!.why], [first!.name, "changed since"]);
    }
    await edited.do("uninstall");
    assert.ok(!(await edited.text()).includes("agentgate"));
    if (text.includes('"x"')) assert.ok((await edited.text()).includes("edited"));
  });
}

const names = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(
      "files",
      "__proto__",
      "constructor",
      "a.b",
      "with space",
      "имя",
      "😀",
      'quo"te',
      "-",
      "wrap",
      "--",
      "--policy",
    ),
    fc.string({ minLength: 1, maxLength: 8 }),
  ),
  { minLength: 0, maxLength: 5 },
);
const word = fc.oneof(
  fc.constantFrom("-y", "--", "wrap", "${HOME}", "a b", "\\", "--name"),
  fc.string(),
);
const server = fc.record({
  command: word.filter((text) => text !== ""),
  args: fc.option(fc.array(word, { maxLength: 4 }), { nil: undefined }),
  env: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 2 }), {
    nil: undefined,
  }),
  disabled: fc.option(fc.boolean(), { nil: undefined }),
});
const style = fc.record({
  step: fc.constantFrom("", "  ", "\t", "    "),
  eol: fc.constantFrom("\n", "\r\n"),
  start: fc.constantFrom("", "\ufeff"),
  end: fc.constantFrom("", "\n", "\n\n"),
  comments: fc.array(fc.constantFrom("// note\n", "/* note */", "/* a\n b */"), { maxLength: 5 }),
  trailing: fc.boolean(),
});

/** A file as somebody may have laid it out. */
function written(
  value: unknown,
  { step, eol, start, end, comments, trailing }: Any,
  isJsonc: boolean,
): string {
  let text = JSON.stringify(value, null, step) ?? "{}";
  if (isJsonc) {
    let left = [...comments];
    // Between tokens that stand on lines of their own.
    text = text.replace(/(?<=[{[,])\n/g, (all) => left.length > 0 ? ` ${left.shift()}${all}` : all);
    if (trailing) text = text.replace(/([^,{[\s])\n(\s*[}\]])/g, "$1,\n$2");
    left = [];
  }
  return start + text.replaceAll("\n", eol) + end;
}

Deno.test("install and uninstall give back the same bytes, whatever the file", () =>
  fc.assert(
    fc.asyncProperty(
      names,
      fc.array(server, { minLength: 5, maxLength: 5 }),
      style,
      fc.boolean(),
      async (
        names,
        servers,
        style,
        isJsonc,
      ) => {
        const entries = Object.fromEntries(names.map((name, i) => [name, servers[i]]));
        const value = {
          other: [1, { mcpServers: {} }],
          [isJsonc ? "servers" : "mcpServers"]: entries,
          last: "}",
        };
        const text = written(value, style, isJsonc);
        await using home = await Home.with(isJsonc ? "vscode" : "cursor", text);
        assert.equal(await home.do("install"), null);
        const key = isJsonc ? "servers" : "mcpServers";
        const read = (text: string): Any =>
          isJsonc
            ? plainOf(parseJsonc(text.replace("\ufeff", ""), [], { allowTrailingComma: true }))
            : JSON.parse(text.replace("\ufeff", ""));
        const after = JSON.parse(
          (await home.text()).replace("\ufeff", "").startsWith("{") && !isJsonc
            ? (await home.text()).replace("\ufeff", "")
            : JSON.stringify(read(await home.text())),
        );
        for (const name of names) {
          if (isJsonc && name === "__proto__") continue;
          const entry = entries[name]!, ours = after[key][name];
          const words = [ours.command, ...ours.args], inner = [entry.command, ...entry.args ?? []];
          const isOurs = words.length > inner.length;
          // What looks like AgentGate already is left as it is.
          if (isOurs) {
            assert.deepEqual(words, [
              STARTER.program,
              "wrap",
              "--name",
              name,
              "--",
              ...inner,
            ]);
          }
        }
        assert.equal(await home.do("uninstall"), null);
        assert.equal(await home.text(), text);
        assert.deepEqual(await Deno.readFile(home.path), new TextEncoder().encode(text));
      },
    ),
    { numRuns: 150 },
  ));

/** An object without what a parser that assigns does with `__proto__`. */
function plainOf(value: Any): Any {
  return JSON.parse(JSON.stringify(value));
}

/** TOML as somebody may have written it. */
function toml(
  servers: readonly [string, Any][],
  { eol, end, comments }: Any,
  isMultiline: boolean,
): string {
  const note = (i: number) => comments.length > i ? ` # note ${i}` : "";
  const lines = ["# top", 'model = "x"'];
  for (const [i, [name, { command, args, env }]] of servers.entries()) {
    const items = (args ?? []).map((word: string) => JSON.stringify(word));
    lines.push("", `[mcp_servers.${JSON.stringify(name)}]${note(i)}`);
    lines.push(`command = ${JSON.stringify(command)}${note(i + 1)}`);
    if (args !== undefined) {
      if (isMultiline && items.length > 0) {
        lines.push("args = [ # list", ...items.map((item: string) => `  ${item}, # word`), "]");
      } else lines.push(`args = [${items.join(", ")}]`);
    }
    lines.push("startup_timeout_sec = 20");
    if (env !== undefined) {
      lines.push(`[mcp_servers.${JSON.stringify(name)}.env]`);
      for (const [key, value] of Object.entries(env)) {
        lines.push(`${JSON.stringify(key)} = ${JSON.stringify(value)}`);
      }
    }
  }
  return lines.join(eol) + end.replaceAll("\n", eol);
}

/** YAML likewise: blocks, or what is JSON in it. */
function yaml(
  servers: readonly [string, Any][],
  { eol, end, comments }: Any,
  isFlow: boolean,
): string {
  const note = (i: number) => comments.length > i ? ` # note ${i}` : "";
  const lines = ["# top", "extensions:"];
  for (const [i, [name, { command, args, env }]] of servers.entries()) {
    lines.push(
      `  ${JSON.stringify(name)}:${note(i)}`,
      `    cmd: ${JSON.stringify(command)}${note(i + 1)}`,
    );
    if (args !== undefined) {
      if (isFlow || args.length === 0) lines.push(`    args: ${JSON.stringify(args)}`);
      else {lines.push(
          "    args:",
          ...args.map((word: string) => `      - ${JSON.stringify(word)}${note(2)}`),
        );}
    }
    if (env !== undefined) lines.push(`    envs: ${JSON.stringify(env)}`);
    lines.push("    type: stdio");
  }
  if (servers.length === 0) lines.pop();
  return lines.join(eol) + end.replaceAll("\n", eol);
}

for (
  const [client, write, read] of [
    ["codex", toml, (text: string) => (parseToml(text) as Any).mcp_servers],
    ["goose", yaml, (text: string) => parseYaml(text)?.extensions],
  ] as const
) {
  // JSON and the others differ in what a string may hold; names of nothing but blanks are nobody's.
  const isPlain = (text: string) => /^[\p{L}\p{N}\p{P}\p{S} ]*$/v.test(text) && text.isWellFormed();
  const texts = (value: unknown): boolean =>
    typeof value === "string" ? isPlain(value) : typeof value !== "object" || value === null ||
      [...Object.keys(value), ...Object.values(value)].every(texts);
  Deno.test(`install and uninstall give back the same bytes, ${client}`, () =>
    fc.assert(
      fc.asyncProperty(
        names.filter((all) =>
          all.every((name) => isPlain(name) && !["__proto__", "constructor"].includes(name))
        ),
        fc.array(server.filter(texts), { minLength: 5, maxLength: 5 }),
        style,
        fc.boolean(),
        async (names, servers, style, isOther) => {
          const entries = names.map((name, i) => [name, servers[i]] as [string, Any]);
          const text = write(entries, style, isOther);
          await using home = await Home.with(client, text);
          assert.equal(await home.do("install"), null, text);
          const wrapped = await home.text(), after = plain(read(wrapped) ?? {});
          for (const [name, { command, args = [] }] of entries) {
            const words = wordsOf(after[name]), inner = [command, ...args];
            if (words.length > inner.length) {
              assert.deepEqual(words, [STARTER.program, "wrap", "--name", name, "--", ...inner]);
            }
          }
          if (style.eol === "\r\n") assert.doesNotMatch(wrapped, /[^\r]\n/);
          assert.equal(await home.do("uninstall"), null);
          assert.equal(await home.text(), text);
        },
      ),
      { numRuns: 100 },
    ));
}

Deno.test("uninstall gives the same value back when the client has written its file anew", () =>
  fc.assert(
    fc.asyncProperty(
      names,
      fc.array(server, { minLength: 5, maxLength: 5 }),
      async (names, servers) => {
        const value = {
          mcpServers: Object.fromEntries(names.map((name, i) => [name, servers[i]])),
        };
        await using home = await Home.with("claude-code", JSON.stringify(value, null, "\t"));
        await home.do("install");
        await Deno.writeTextFile(home.path, JSON.stringify(JSON.parse(await home.text()), null, 2));
        await home.do("uninstall");
        assert.deepEqual(JSON.parse(await home.text()), JSON.parse(JSON.stringify(value)));
      },
    ),
    { numRuns: 100 },
  ));

Deno.test("what a client would not read is left alone, with its line and column", async () => {
  for (
    const [client, text, why] of [
      ["cursor", `{"mcpServers":{}`, /line 1, column 17/],
      ["cursor", `{\n  // mine\n  "mcpServers": {}\n}`, /line 2, column 3: a comment/],
      ["gemini", `{"mcpServers":{"a":{"command":"x",}}}`, /line 1, column 35/],
      [
        "cursor",
        `{"mcpServers":{"a":{"command":"x","command":"y"}}}`,
        /"command" stands here twice/,
      ],
      ["cursor", `{"mcpServers":{}}{"mcpServers":{}}`, /line 1, column 18/],
      ["cursor", `[]`, /no JSON object/],
      ["cursor", `{"mcpServers":[]}`, /no object/],
      ["codex", `[mcp_servers.a\n`, /line 2, column 1: it is no TOML/],
      ["codex", `a = 1\na = 2\n`, /no TOML/],
      ["goose", `extensions:\n  a: {\n`, /no YAML/],
      ["goose", `extensions:\n  a: 1\n  a: 2\n`, /no YAML/],
    ] as const
  ) {
    await using home = await Home.with(client, text);
    const { fault } = await home.report("install");
    assert.match(fault ?? "", why, `${text}: ${fault}`);
    assert.match(await home.do("install") ?? "", why);
    assert.equal(await home.text(), text);
  }
  await using latin1 = await Home.with("cursor", Uint8Array.of(0x7b, 0xe9, 0x7d));
  assert.match((await latin1.report("install")).fault!, /not UTF-8/);
});

Deno.test("entries that cannot be wrapped say why, and the others are", async () => {
  await using home = await Home.with(
    "codex",
    `[mcp_servers.a]\ncommand = "x"\n\n[mcp_servers]\nb = { command = "y" }\n\n[mcp_servers.c]\nurl = "https://x.example"\n`,
  );
  const { servers } = await home.report("install");
  assert.deepEqual(servers.map(({ name, state }) => [name, state]), [
    ...[["a", "wrapped"], ["c", "cannot"], ["b", "cannot"]],
  ]);
  assert.match(servers[2]!.why!, /\[mcp_servers\.b\]/);
  await using json = await Home.with(
    "claude-code",
    JSON.stringify({
      mcpServers: {
        odd: { command: 5 },
        text: "x",
        sse: { type: "sse", url: "https://x.example/sse", headers: { a: "b" } },
        oauth: { type: "http", url: "https://x.example/mcp" },
        fine: { command: "x" },
      },
      projects: { "/p": { mcpServers: { local: { command: "y" } } }, "/q": {} },
    }),
  );
  assert.deepEqual(
    (await json.report("install")).servers.map(({ name, state }) => `${name} ${state}`),
    [
      ...[
        "odd cannot",
        "text cannot",
        "sse cannot",
        "oauth cannot",
        "fine wrapped",
        "local wrapped",
      ],
    ],
  );
});

Deno.test("a remote server is reached through wrap --upstream; its headers stand in no argument", async () => {
  const text =
    `{\n  "mcpServers": {\n    "r": {\n      "type": "http",\n      "url": "https://x.example/mcp",\n      "headers": { "Authorization": "Bearer t0ken", "X-A": "\${input:a}" },\n      "timeout": 5\n    }\n  }\n}\n`;
  await using home = await Home.with("claude-code", text);
  await home.do("install");
  const { r } = JSON.parse(await home.text()).mcpServers;
  assert.deepEqual(r, {
    type: "stdio",
    command: STARTER.program,
    args: ["wrap", "--name", "r", "--upstream", "https://x.example/mcp"],
    env: {
      AGENTGATE_HEADER_1: "Authorization: Bearer t0ken",
      AGENTGATE_HEADER_2: "X-A: ${input:a}",
    },
    timeout: 5,
  });
  await home.do("uninstall");
  assert.equal(await home.text(), text);
  await home.do("install");
  await home.forget();
  await home.do("uninstall");
  assert.deepEqual(JSON.parse(await home.text()), JSON.parse(text));
});

Deno.test("one server of several; a second install moves what an older AgentGate has written", async () => {
  const text = `{"mcpServers":{"a":{"command":"x"},"b":{"command":"y"}}}`;
  await using home = await Home.with("cursor", text);
  await home.do("install", ["b"]);
  assert.deepEqual((await home.report("status")).servers.map(({ state }) => state), [
    "plain",
    "wrapped",
  ]);
  await home.do("install", undefined, { ...STARTER, program: "/new/agentgate" });
  const { a, b } = JSON.parse(await home.text()).mcpServers;
  assert.deepEqual([a.command, b.command, b.args.at(-1)], [
    "/new/agentgate",
    "/new/agentgate",
    "y",
  ]);
  await home.do("uninstall", ["a"]);
  assert.deepEqual((await home.report("status")).servers.map(({ state }) => state), [
    "plain",
    "wrapped",
  ]);
  await home.do("uninstall");
  assert.equal(await home.text(), text);
});

Deno.test("what people have wrapped by hand is theirs", async () => {
  const text =
    `{"mcpServers":{"a":{"command":"agentgate","args":["wrap","--policy","p","--","x"]},"b":{"command":"npx","args":["agentgate","wrap","y"]}}}`;
  await using home = await Home.with("cursor", text);
  assert.equal(await home.do("install"), null);
  assert.equal(await home.text(), text);
});

Deno.test({
  name: "links stay links; a dangling one, a read-only file and a changed one are left alone",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const text = `{"mcpServers":{"a":{"command":"x"}}}`;
    await using home = await Home.with("cursor", undefined);
    const real = join(home.folder, "dotfiles.json");
    await Deno.writeTextFile(real, text, { mode: 0o640 });
    await Deno.symlink(real, home.path);
    assert.equal(await home.do("install"), null);
    assert.ok((await Deno.lstat(home.path)).isSymlink);
    assert.match(await Deno.readTextFile(real), /agent gate/);
    assert.equal((await Deno.stat(real)).mode! & 0o777, 0o640);
    await home.do("uninstall");
    const report = await home.report("install");
    await Deno.writeTextFile(real, text.replace("x", "other"));
    assert.match(
      await carryOut(report, await Records.load(home.folder)) ?? "",
      /changed meanwhile/,
    );
    assert.equal(await home.text(), text.replace("x", "other"));
    assert.deepEqual((await home.report("status")).servers.map(({ why }) => why), [null]);
    await Deno.chmod(real, 0o440);
    assert.match(await home.do("install") ?? "", /read-only/);
    await Deno.remove(real);
    assert.match((await home.report("install")).fault!, /leads nowhere/);
  },
});

Deno.test("whatever fails meanwhile, the file is the old one or the new one, and can be undone", async () => {
  const text = `{"mcpServers":{"a":{"command":"x"}}}\n`;
  // deno-lint-ignore no-explicit-any
  const deno = Deno as any;
  const CALLS = [
    "realPath",
    "stat",
    "open",
    "chmod",
    "chown",
    "readFile",
    "rename",
    "writeTextFile",
    "mkdir",
  ];
  let isWhole = false;
  for (let fails = 0; !isWhole; fails++) {
    await using home = await Home.with("cursor", text);
    const report = await home.report("install"), records = await Records.load(home.folder);
    const real = Object.fromEntries(CALLS.map((name) => [name, deno[name]]));
    let calls = 0;
    for (const name of CALLS) {
      deno[name] = (...words: unknown[]) => {
        if (calls++ === fails) throw new Error("the disk is full");
        return real[name].apply(Deno, words);
      };
    }
    let fault: string | null;
    try {
      fault = await carryOut(report, records);
    } finally {
      Object.assign(deno, real);
    }
    isWhole = calls <= fails;
    const now = await home.text();
    assert.ok(now === report.before || now === report.after, now);
    if (isWhole) assert.deepEqual([fault, now], [null, report.after]);
    assert.deepEqual(
      [...Deno.readDirSync(home.folder)].map(({ name }) => name).filter((name) =>
        name.startsWith(".")
      ),
      [],
    );
    assert.equal(await home.do("uninstall"), null);
    assert.equal(await home.text(), text);
    assert.ok(fails < 40);
  }
});
