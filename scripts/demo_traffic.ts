/**
 * `deno task demo --serve`: an agent that works on until it is stopped, through the gateway, with the
 * real filesystem server; and the dashboard that shows it.
 *
 * @module
 */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { join } from "node:path";
import { DEMO_POLICY, makeDay } from "./demo_day.ts";

/** What the traffic needs of the demo. */
export interface TrafficSetup {
  /** A folder of the demo's own. */
  readonly folder: string;
  /** The audit log to be. */
  readonly db: string;
  /** Words that start `agentgate wrap` with some options, and the server on a folder behind it. */
  readonly wrapped: (options: readonly string[], files: string) => string[];
  readonly env: Record<string, string>;
}

/** Milliseconds between two calls, at least and at most. */
const PAUSE_MS = [120, 1600] as const;

const FILES = ["README.md", "cart.ts", "orders.ts", ".env"];

/** Serves until Ctrl-C, or until `isOver` resolves. */
export async function serveTraffic(setup: TrafficSetup, isOver: Promise<void>): Promise<void> {
  const { folder, db, wrapped, env } = setup;
  const files = join(folder, "shop"), policy = join(folder, "policy.toml");
  makeDay(db, Date.now(), 2);
  await Deno.mkdir(files);
  await Deno.writeTextFile(policy, DEMO_POLICY);
  for (const name of FILES) await Deno.writeTextFile(join(files, name), `// ${name}\n`.repeat(20));
  const options = ["--name", "shop", "--policy", policy, "--dashboard-port", `${freePort()}`];
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: wrapped(options, files),
    env,
    stderr: "pipe",
  });
  const client = new Client({ name: "demo-agent", version: "1.0.0" });
  const link = linkIn(transport);
  await client.connect(transport);
  await client.listTools();
  if (await Promise.race([isOver.then(() => true), link.then(() => false)])) {
    return await client.close();
  }
  console.log(`The dashboard, with an agent at work. Ctrl-C ends it.\n\n  ${await link}\n`);
  let isEnded = false;
  const ended = isOver.then(() => void (isEnded = true));
  while (!isEnded) {
    const [name, args] = someCall(files);
    // What is refused is what the dashboard shows.
    await client.callTool({ name, arguments: args }).catch(() => {});
    const [least, most] = PAUSE_MS;
    await Promise.race([ended, new Promise((done) => setTimeout(done, between(least, most)))]);
  }
  await client.close();
}

/** The link that the wrap prints. */
function linkIn(transport: StdioClientTransport): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  transport.stderr!.on("data", (chunk: Uint8Array) => {
    text = (text + new TextDecoder().decode(chunk)).slice(-10_000);
    const [, link] = /signs in by itself: (\S+)/.exec(text) ?? [];
    if (link !== undefined) resolve(link);
  });
  return promise;
}

function someCall(files: string): [string, Record<string, unknown>] {
  const path = join(files, FILES[Math.floor(between(0, FILES.length))]!), dice = Math.random();
  if (dice < 0.55) return ["read_text_file", { path }];
  if (dice < 0.7) return ["list_directory", { path: files }];
  if (dice < 0.8) return ["search_files", { path: files, pattern: "*.ts" }];
  if (dice < 0.95) return ["write_file", { path: join(files, "notes.md"), content: `# ${dice}\n` }];
  return ["read_text_file", { path: join(files, "nowhere.ts") }];
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** 7070 if it is free, else any that is. */
function freePort(): number {
  for (const port of [7070, 0]) {
    try {
      using listener = Deno.listen({ hostname: "127.0.0.1", port });
      return listener.addr.port;
    } catch (fault) {
      if (!(fault instanceof Deno.errors.AddrInUse)) throw fault;
    }
  }
  throw new Error("Cannot find a free port");
}
