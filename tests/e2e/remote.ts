/** Remote servers and `agentgate serve`, each as a process on loopback that the test owns. */

import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { PROJECT, readRows } from "./gateway.ts";
import { denoDir } from "./machine.ts";

/** Milliseconds after which a program under test is given up. */
const DEADLINE_MS = 60_000;

/** Runs a program until `use` is done with it; `ready` stands in what it prints once it can be used. */
export async function withProgram(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
  use: (
    found: RegExpExecArray,
    child: Deno.ChildProcess,
    printed: () => string,
    has: (pattern: RegExp) => Promise<RegExpExecArray>,
  ) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    cwd: PROJECT,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", DENO_DIR: await denoDir(), NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const awaited = new Set<() => void>();
  const ended = Promise.withResolvers<never>();
  /** Resolves once the program has printed such a thing. */
  const has = (pattern: RegExp) => {
    const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const found = pattern.exec(text);
      if (found !== null) resolve(found);
    };
    awaited.add(look);
    look();
    return Promise.race([promise, ended.promise]).finally(() => awaited.delete(look));
  };
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (const look of awaited) look();
    }
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)])
    .then(() => ended.reject(new Error(`the program ended: ${text}`)));
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  try {
    await use(await has(ready), child, () => text, has);
  } finally {
    clearTimeout(deadline);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await reading;
    await ended.promise.catch(() => {});
  }
}

/** Words that run Deno on a program of an npm package that `deno.json` pins. */
export function npm(name: keyof typeof config.imports, ...args: string[]): [string, ...string[]] {
  return [Deno.execPath(), "run", "-A", "--quiet", config.imports[name], ...args];
}

/** A free port: for programs that do not say which one they were given. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Starts server-everything; gives its address. */
export function withEverything(
  transport: "streamableHttp" | "sse",
  home: string,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const port = freePort(), path = transport === "sse" ? "/sse" : "/mcp";
  return withProgram(
    npm("@modelcontextprotocol/server-everything", transport),
    { HOME: home, PORT: String(port) },
    /listening on port|running on port/i,
    () => use(`http://127.0.0.1:${port}${path}`),
  );
}

/** Calls the everything server's tool that takes a while. Gives how often the client heard of it. */
// deno-lint-ignore no-explicit-any
export async function progressTold(client: any): Promise<number> {
  let count = 0;
  await client.callTool(
    { name: "trigger-long-running-operation", arguments: { duration: 0.2, steps: 2 } },
    undefined,
    { onprogress: () => count++ },
  );
  return count;
}

/** A running `agentgate serve`. */
export interface Served {
  readonly url: string;
  readonly child: Deno.ChildProcess;
  readonly stderr: () => string;
  readonly stderrHas: (pattern: RegExp) => Promise<RegExpExecArray>;
  // deno-lint-ignore no-explicit-any
  rows(): any[];
}

/** Runs `agentgate serve` in front of an address. */
export function withServe(
  transport: "http" | "sse",
  upstream: string,
  home: string,
  use: (served: Served) => Promise<void>,
  ...options: string[]
): Promise<void> {
  const main = join(PROJECT, "main.ts"), dbPath = join(home, "logs.db");
  const words = ["--transport", transport, "--upstream", upstream, "--port", "0", "--db", dbPath];
  return withProgram(
    [
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      main,
      "serve",
      "--dashboard-port",
      "0",
      ...words,
      ...options,
    ],
    { HOME: home, USERPROFILE: home },
    /url=(\S+)/,
    ([, url], child, stderr, stderrHas) =>
      use({ url: url!, child, stderr, stderrHas, rows: () => readRows(dbPath) }),
  );
}

/** A home folder of the test's own. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_serve_" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
