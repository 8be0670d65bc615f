/**
 * What `agentgate serve` costs, beside a forwarder by `fetch` that reads nothing, and nginx where it is
 * installed, all in one run: medians of three rounds.
 *
 * `deno task bench:http [--seconds 2]`. Machines differ and are noisy: the ratios are what counts.
 * Needs Linux and a C compiler: a load and an upstream that cost little leave the machine to what is
 * measured.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { settledCpuMs } from "./processes.ts";
import { built, printed, program, serving, start } from "./programs.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { seconds: { type: "string", default: "2" } },
});
const ROUNDS = 3, WARM_SECONDS = "0.5";
/** A gateway writes its log for a second after its last call: nobody else is measured meanwhile. */
const SETTLED_MS = 1200;
const LOADS = [["/small", 1], ["/small", 32], ["/big", 32], ["/sse", 1], ["/sse", 32]] as const;

/** What one load has measured, µs. */
interface Measured {
  readonly callsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const folder = await Deno.makeTempDir({ prefix: "agentgate-http-" });
const started: Deno.ChildProcess[] = [];
try {
  const client = built("http/load.c", folder);
  const upstream = await open([built("http/upstream.c", folder), "0"], /port=(\d+)/);
  const origin = `http://127.0.0.1:${upstream}`;
  const rules = join(folder, "rules.toml");
  await Deno.writeTextFile(rules, tenRules());
  const gate = (db: string, ...options: string[]) =>
    open(serving(origin, join(folder, db), ...options), /url=http:\/\/127.0.0.1:(\d+)/);
  const gateways: Record<string, string> = {
    direct: upstream,
    "blind fetch": await open(program("http/blind.ts", origin), /port=(\d+)/),
    ...await nginx(upstream),
    "AgentGate, policy off": await gate("off.db"),
    "AgentGate, 10 rules": await gate("ten.db", "--policy", rules),
  };
  const rounds = new Map<string, Measured[]>();
  // The first round is there to warm all of them up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [path, clients] of LOADS) {
      for (const [name, port] of Object.entries(gateways)) {
        const key = `${path} ${clients} ${name}`;
        await settledCpuMs(started.map(({ pid }) => pid), SETTLED_MS);
        const measured = await load(client, port, path, clients);
        if (round > 0) rounds.set(key, [...rounds.get(key) ?? [], measured]);
      }
    }
  }
  for (const [path, clients] of LOADS) {
    const of = (name: string) => median(rounds.get(`${path} ${clients} ${name}`)!);
    const direct = of("direct"), blind = of("blind fetch");
    console.log(
      `\n${path} × ${clients}`.padEnd(26) + "calls/s  × blind   p50 added µs  × blind   p99 µs",
    );
    for (const name of Object.keys(gateways)) {
      const { callsPerSecond, p50, p99 } = of(name), added = p50 - direct.p50;
      console.log([
        name.padEnd(22),
        String(callsPerSecond).padStart(10),
        (callsPerSecond / blind.callsPerSecond).toFixed(2).padStart(9),
        added.toFixed(0).padStart(15),
        (added / (blind.p50 - direct.p50)).toFixed(2).padStart(9),
        p99.toFixed(0).padStart(9),
      ].join(""));
    }
  }
} finally {
  for (const child of started) child.kill("SIGTERM");
  await Promise.all(started.map(({ status }) => status));
  await Deno.remove(folder, { recursive: true });
}

/** Starts a program that prints its port; gives the port. */
function open(command: readonly [string, ...string[]], port: RegExp): Promise<string> {
  const child = start(command, folder);
  started.push(child);
  return printed(child, port);
}

async function nginx(upstream: string): Promise<Record<string, string>> {
  const port = String(freePort()), file = join(folder, "nginx.conf");
  await Deno.writeTextFile(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr; events {}
http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream up { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port}; location / {
    proxy_pass http://up; proxy_http_version 1.1; proxy_set_header connection ""; proxy_buffering off; } } }`,
  );
  try {
    started.push(
      new Deno.Command("nginx", { args: ["-c", file], stdin: "null", stderr: "null" }).spawn(),
    );
  } catch {
    console.log("nginx is not installed: left out");
    return {};
  }
  return { nginx: port };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function load(
  client: string,
  port: string,
  path: string,
  clients: number,
): Promise<Measured> {
  const args = [port, path, String(clients), values.seconds, WARM_SECONDS];
  const { stdout, stderr, success } = await new Deno.Command(client, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function median(all: readonly Measured[]): Measured {
  const middle = (of: (one: Measured) => number) =>
    all.map(of).sort((a, b) => a - b)[all.length >> 1]!;
  return {
    callsPerSecond: middle(({ callsPerSecond }) => callsPerSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
  };
}

function tenRules(): string {
  return Array.from(
    { length: 10 },
    (_, i) =>
      `[[rules]]\nid = "r${i}"\ntool = "echo"\ncondition = "arguments.message matches 'evil${i}'"\naction = "deny"\n`,
  ).join("\n");
}
