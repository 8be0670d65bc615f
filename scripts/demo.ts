/**
 * `deno task demo`: a short agent session with the real filesystem server, through the gateway; with
 * `--serve`, an agent that works on, and the dashboard that shows it.
 *
 * Everything happens in a temporary folder that is removed at the end, and nothing outside it is
 * touched.
 *
 * @module
 */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { serveTraffic } from "./demo_traffic.ts";

const project = fileURLToPath(new URL("..", import.meta.url));
const filesystemServer = config.imports["@modelcontextprotocol/server-filesystem"];
const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-demo-" }));
const db = join(folder, "logs.db");
const files = join(folder, "files");

const deno = (
  ...args: string[]
) => ["run", "-A", "--quiet", "--config", join(project, "deno.json"), ...args];
const agentgate = (...args: string[]) => deno(join(project, "main.ts"), ...args, "--db", db);
const env = { ...Deno.env.toObject(), AGENTGATE_HOME: join(folder, "home") };

const wrapped = (options: readonly string[], files: string) => [
  ...agentgate("wrap", ...options),
  ...["--", Deno.execPath(), ...deno(filesystemServer, files)],
];

try {
  if (Deno.args.includes("--serve")) {
    const { promise, resolve } = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGINT", resolve);
    await serveTraffic({ folder, db, wrapped, env }, promise);
  } else await showSession();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function showSession(): Promise<void> {
  await Deno.mkdir(files);
  await Deno.writeTextFile(join(files, "hello.txt"), "Hello from the other side.\n");

  console.log("An agent works with @modelcontextprotocol/server-filesystem through AgentGate:\n");
  const client = new Client({ name: "demo-agent", version: "1.0.0" });
  await client.connect(
    new StdioClientTransport({
      command: Deno.execPath(),
      args: wrapped(["--name", "filesystem", "--dashboard-port", "0"], files),
      env,
    }),
  );
  const { tools } = await client.listTools();
  console.log(`  tools/list    ${tools.length} tools`);
  await call(client, "list_directory", { path: files });
  await call(client, "read_text_file", { path: join(files, "hello.txt") });
  await call(client, "write_file", { path: join(files, "notes.md"), content: "# Notes\n" });
  await call(client, "read_text_file", { path: join(files, "nowhere.txt") });
  await call(client, "read_text_file", { path: join(folder, "elsewhere.txt") });
  await call(client, "read_text_file", { path: db });
  await client.close();

  console.log("\nWhat `agentgate logs` has to say about it:\n");
  const logs = await new Deno.Command(Deno.execPath(), {
    args: agentgate("logs"),
    env,
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!logs.success) throw new Error("agentgate logs failed");
  console.log(
    "\nTo see such calls in the dashboard as they come: `deno task demo --serve`." +
      "\nThat of your own calls, while a wrap runs: `agentgate dashboard --open`.",
  );
}

async function call(client: Client, name: string, args: Record<string, string>): Promise<void> {
  console.log(`  ${name.padEnd(15)} ${await answer(client, name, args)}`);
}

/** What the agent reads: the first line of the result, or who refused the call. */
async function answer(client: Client, name: string, args: Record<string, string>): Promise<string> {
  try {
    const result = await client.callTool({ name, arguments: args });
    const [first] = result.content as { text?: string }[];
    const text = (first?.text ?? "").trim().split("\n")[0]!;
    return result.isError ? `refused by the server: ${text}` : text;
  } catch (e) {
    if (!(e instanceof Error && e.name === "McpError")) throw e;
    return `refused by the gateway: ${e.message}`;
  }
}
