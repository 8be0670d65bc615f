/**
 * Has real clients read what `agentgate install` writes, offline, each in a home of its own: three start
 * the wrapped server and say that they are connected, two list it.
 *
 * The clients come from npm (1.3 GB), into a folder of their own:
 *
 * ```sh
 * npm i --ignore-scripts @anthropic-ai/claude-code @openai/codex @google/gemini-cli opencode-ai @github/copilot
 * node node_modules/@anthropic-ai/claude-code/install.cjs
 * (cd node_modules/opencode-ai && node postinstall.mjs)
 * deno task check:clients node_modules
 * ```
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [modules] = Deno.args;
if (modules === undefined) {
  console.error(
    "say in which node_modules the clients are; the head of this file says how to get them",
  );
  Deno.exit(2);
}
const project = fileURLToPath(new URL("..", import.meta.url)), bin = join(resolve(modules), ".bin");
const home = await Deno.makeTempDir({ prefix: "agentgate-clients-" });
const work = await Deno.makeTempDir({ prefix: "agentgate-clients-" });
// With the project's lock file, nothing has to be asked for.
const everything = [
  "run",
  "-A",
  "--quiet",
  "--config",
  join(project, "deno.json"),
  "npm:@modelcontextprotocol/server-everything@2026.8.31",
  "stdio",
];
const server = { command: Deno.execPath(), args: everything };

/** Files of clients, as their users write them. */
const FILES: Readonly<Record<string, string>> = {
  ".claude.json": JSON.stringify({ mcpServers: { echo: server } }),
  ".gemini/settings.json": JSON.stringify({ mcpServers: { echo: server } }, null, 2),
  ".gemini/trustedFolders.json": JSON.stringify({ [work]: "TRUST_FOLDER" }),
  ".copilot/mcp-config.json": JSON.stringify({
    mcpServers: { echo: { type: "local", tools: ["*"], ...server } },
  }),
  ".codex/config.toml": `[mcp_servers.echo]\ncommand = ${JSON.stringify(server.command)}\n` +
    `args = ${JSON.stringify(server.args)}\n`,
  ".config/opencode/opencode.json": JSON.stringify({
    mcp: { echo: { type: "local", command: [server.command, ...server.args] } },
  }),
  ".agentgate/config.toml": "dashboard_port = 0\n",
};

/** What each client is asked, and what it says when it has read, or reached, the wrapped server. */
const CHECKS: readonly (readonly [what: string, wanted: RegExp, ...command: string[]])[] = [
  ["Claude Code connects", /echo: .*Connected/, join(bin, "claude"), "mcp", "list"],
  ["Gemini CLI connects", /echo: .*Connected/, join(bin, "gemini"), "mcp", "list"],
  ["opencode connects", /echo .*connected/, join(bin, "opencode"), "mcp", "list"],
  ["Codex reads", /"wrap",\s*"--name",\s*"echo"/, join(bin, "codex"), "mcp", "list", "--json"],
  ["Copilot CLI reads", /wrap --name echo/, join(bin, "copilot"), "mcp", "get", "echo"],
];

let isGood = true;
try {
  for (const [file, text] of Object.entries(FILES)) {
    await Deno.mkdir(dirname(join(home, file)), { recursive: true });
    await Deno.writeTextFile(join(home, file), text);
  }
  const gate = [Deno.execPath(), "run", "-A", "--quiet", join(project, "main.ts")];
  const installed = await run(...gate, "install", "--yes");
  console.log(/Nothing|error/.test(installed) ? installed : "installed");
  for (const [what, wanted, ...command] of CHECKS) {
    const said = await run(...command), isRight = wanted.test(said);
    isGood &&= isRight;
    console.log(
      isRight
        ? `ok    ${what}`
        : `FAIL  ${what}: ${said.trim().split("\n").slice(-5).join("\n      ")}`,
    );
  }
  await run(...gate, "uninstall", "--yes");
  const left = await run(...gate, "status");
  const isOut = !/ wrapped/.test(left.replaceAll("not wrapped", ""));
  isGood &&= isOut;
  console.log(
    isOut ? "ok    uninstalled, whatever the clients have written meanwhile" : `FAIL  ${left}`,
  );
} finally {
  await Deno.remove(home, { recursive: true });
  await Deno.remove(work, { recursive: true });
}
Deno.exit(isGood ? 0 : 1);

async function run(...[program, ...args]: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program!, {
    args,
    cwd: work,
    clearEnv: true,
    env: {
      ...{ HOME: home, PATH: Deno.env.get("PATH") ?? "", NO_COLOR: "1" },
      DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache/deno"),
    },
    stdin: "null",
    signal: AbortSignal.timeout(90_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return text(stdout) + text(stderr);
}
