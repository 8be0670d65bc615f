import assert from "node:assert/strict";
import { join } from "node:path";
import { Home } from "../cli/agentgate.ts";
import { withWrap, type Wrap } from "./gateway.ts";
import { npm } from "./remote.ts";

/** Calls of a server, each a tool and its arguments. */
type Calls = readonly (readonly [tool: string, args: Readonly<Record<string, unknown>>])[];

/** Makes the calls, one after the other, after a greeting and a look at the tools. */
async function make(wrap: Wrap, calls: Calls): Promise<void> {
  const clientInfo = { name: "test", version: "1" };
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
  const ask = async (id: number, method: string, params: unknown) => {
    await wrap.send({ jsonrpc: "2.0", id, method, params });
    // A server may have something to say in between.
    for (let line; (line = await wrap.next()) !== undefined;) if (line.id === id) return line;
    throw new Error(`no answer: ${wrap.stderr()}`);
  };
  await ask(0, "initialize", params);
  await wrap.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await ask(1, "tools/list", {});
  for (const [n, [name, args]] of calls.entries()) {
    const { result } = await ask(n + 2, "tools/call", { name, arguments: args });
    assert.ok(result !== undefined && result.isError !== true, `${name} ${JSON.stringify(result)}`);
  }
  await wrap.closeInput();
  await wrap.rest();
  await wrap.child.status;
}

/** Learns from the log of a wrap: what was learned loads, passes its tests, and refuses none of it. */
async function learned(wrap: Wrap, calls: number): Promise<string> {
  const home = new Home(wrap.home), file = home.path("learned.toml");
  const run = (...args: string[]) => home.run(["policy", ...args, "--db", wrap.dbPath]);
  const written = await run("learn", "--min-calls", "1", "--out", file);
  assert.equal(written.code, 0, written.stderr);
  const text = await Deno.readTextFile(file);
  assert.equal((await run("learn", "--min-calls", "1")).stdout, text);
  for (const command of ["check", "test"]) {
    const ended = await home.run(["policy", command, file]);
    assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}${text}`);
  }
  const replayed = await run("replay", file);
  assert.equal(replayed.code, 0, replayed.stdout);
  const sums = new RegExp(`^${calls} calls: .* 0 looser, 0 tighter,`, "m");
  assert.match(replayed.stdout, sums, text);
  return text;
}

Deno.test("what the filesystem server was asked is learned, and nothing else", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-test-" }));
  try {
    await Deno.mkdir(join(folder, "src"));
    for (const name of ["a", "b", "c"]) await Deno.writeTextFile(join(folder, "src", name), name);
    await Deno.writeTextFile(join(folder, "read me"), "");
    const calls: Calls = [
      ...["src/a", "src/b", "src/../src/c"].map((path, n) =>
        ["read_text_file", { path: join(folder, "src", "..", path), head: n + 1 }] as const
      ),
      ["list_directory", { path: folder }],
      ["write_file", { path: join(folder, "src", "d"), content: "it's\n'''new'''" }],
      ["edit_file", {
        path: join(folder, "src", "d"),
        edits: [{ oldText: "new", newText: "old" }],
      }],
      ["read_multiple_files", { paths: [join(folder, "src/a"), join(folder, "read me")] }],
      ["search_files", { path: folder, pattern: "**/a", excludePatterns: [] }],
      ["list_allowed_directories", {}],
    ];
    await withWrap(npm("@modelcontextprotocol/server-filesystem", folder), {}, async (wrap) => {
      await make(wrap, calls);
      const text = await learned(wrap, calls.length);
      assert.ok(text.includes(`path(arguments.path) within '${folder}/src'`), text);
      assert.ok(text.includes("arguments.head >= 1 and arguments.head <= 3"), text);
      assert.ok(text.includes("and not exists(arguments.tail)"), text);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what the memory server was asked is learned", async () => {
  const entities = [{ name: "Bee", entityType: "insect", observations: ["buzzes"] }];
  const calls: Calls = [
    ["create_entities", { entities }],
    ["search_nodes", { query: "insect" }],
    ["open_nodes", { names: ["Bee"] }],
    ["read_graph", {}],
    ["delete_entities", { entityNames: ["Bee"] }],
  ];
  const file = await Deno.makeTempFile({ prefix: "agentgate-test-" });
  try {
    await withWrap(
      npm("@modelcontextprotocol/server-memory"),
      { env: { MEMORY_FILE_PATH: file } },
      async (wrap) => {
        await make(wrap, calls);
        assert.match(await learned(wrap, calls.length), /arguments\.query == 'insect'/);
      },
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("what the everything server was asked is learned, and no secret of it", async () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const calls: Calls = [
    ["echo", { message: `my token is ${token}` }],
    ["get-sum", { a: 1, b: 2.5 }],
    ["get-sum", { a: 7, b: 2.5 }],
    ["get-annotated-message", { messageType: "success", includeImage: true }],
  ];
  await withWrap(npm("@modelcontextprotocol/server-everything"), {}, async (wrap) => {
    await make(wrap, calls);
    const text = await learned(wrap, calls.length);
    assert.ok(!text.includes(token));
    assert.match(text, /arguments\.a >= 1 and arguments\.a <= 7\nand arguments\.b == 2\.5/);
    assert.match(text, /detect = \["secrets"\]/);
  });
});
