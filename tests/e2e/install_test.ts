import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, readRows } from "./gateway.ts";
import { childEnv } from "./machine.ts";
import { npm, withEverything, withFolder } from "./remote.ts";

/** Runs a command of AgentGate with a home of the test's own. */
async function run(
  home: string,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(PROJECT, "main.ts"), ...words],
    cwd: home,
    clearEnv: true,
    env: { ...await childEnv(home), APPDATA: home, LOCALAPPDATA: home },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("agentgate install: a client starts its servers through the gateway, and its file comes back", () =>
  withFolder((home) =>
    withEverything("streamableHttp", home, async (upstream) => {
      const [command, ...args] = npm("@modelcontextprotocol/server-everything", "stdio");
      const headers = { "X-Key": "k-${NOT_A_VARIABLE}" };
      const text = JSON.stringify(
        {
          mcpServers: { here: { command, args }, there: { type: "http", url: upstream, headers } },
        },
        null,
        2,
      );
      const file = join(home, ".claude.json");
      await Deno.mkdir(join(home, ".agentgate"));
      await Deno.writeTextFile(join(home, ".agentgate", "config.toml"), "dashboard_port = 0\n");
      await Deno.writeTextFile(file, text);
      const shown = await run(home, "install");
      assert.equal(shown.code, 1);
      assert.match(shown.out, /Claude Code[^]*here +will be wrapped[^]*\+.*"wrap"[^]*--yes/);
      assert.equal(await Deno.readTextFile(file), text);
      const { code, err } = await run(home, "install", "--yes");
      assert.deepEqual([code, err], [0, ""]);
      assert.match((await run(home, "status")).out, /here +wrapped\n +there +wrapped\n/);
      assert.match((await run(home, "doctor")).out, /\[ok\] +Claude Code: 2 of 2 servers wrapped/);

      const { mcpServers } = JSON.parse(await Deno.readTextFile(file));
      const env = await childEnv(home);
      for (const name of ["here", "there"]) {
        const entry = mcpServers[name];
        assert.ok(!JSON.stringify(entry.args).includes("NOT_A_VARIABLE"));
        const client = new Client({ name: "claude-code", version: "1" });
        await client.connect(
          new StdioClientTransport({
            command: entry.command,
            args: entry.args,
            env: { ...env, ...entry.env },
            stderr: "ignore",
          }) as never,
        );
        const { content } = await client.callTool({ name: "echo", arguments: { message: name } });
        assert.equal((content as { text: string }[])[0]!.text, `Echo: ${name}`);
        await client.close();
      }
      const rows = readRows(join(home, ".agentgate", "logs.db"));
      assert.deepEqual(rows.map(({ server_name, outcome }) => `${server_name} ${outcome}`).sort(), [
        ...["here ok", "there ok"],
      ]);

      assert.equal((await run(home, "uninstall", "--yes")).code, 0);
      assert.equal(await Deno.readTextFile(file), text);
    })
  ));

Deno.test("agentgate install says what it does not know, and changes the rest", () =>
  withFolder(async (home) => {
    assert.match((await run(home, "install")).out, /No client with MCP servers was found/);
    assert.match(
      (await run(home, "install", "--client", "emacs")).err,
      /unknown client 'emacs': it is one of claude/,
    );
    await Deno.writeTextFile(
      join(home, ".claude.json"),
      `{"mcpServers":{"files":{"command":"x"}}}`,
    );
    await Deno.mkdir(join(home, ".gemini"));
    await Deno.writeTextFile(join(home, ".gemini", "settings.json"), `{"mcpServers":`);
    assert.match(
      (await run(home, "install", "--server", "file")).err,
      /no client has a server 'file'; did you mean 'files'/,
    );
    const { code, out } = await run(home, "install", "--yes", "--json");
    assert.equal(code, 1);
    const [claude, gemini] = JSON.parse(out);
    assert.deepEqual([claude.client, claude.changed, claude.servers[0].state], [
      "claude-code",
      true,
      "wrapped",
    ]);
    assert.match(gemini.fault, /line 1, column 15/);
    const project = join(home, ".mcp.json");
    await Deno.writeTextFile(project, `{"mcpServers":{"files":{"command":"x"}}}`);
    assert.equal(
      (await run(
        home,
        "install",
        "--yes",
        "--project",
        "--client",
        "claude-code",
        "--policy",
        "p.toml",
      )).code,
      0,
    );
    assert.deepEqual(JSON.parse(await Deno.readTextFile(project)).mcpServers.files, {
      command: "agentgate",
      args: ["wrap", "--name", "files", "--policy", "p.toml", "--", "x"],
    });
  }));
