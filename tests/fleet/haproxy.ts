/** Replicas of `serve` behind HAProxy from Debian. */

import { join } from "node:path";
import { PROJECT } from "../e2e/gateway.ts";
import { freePort, withProgram } from "../e2e/remote.ts";
import { isInstalled } from "./redis.ts";

/** Whether it is installed. */
export const HAS_HAPROXY: boolean = await isInstalled("haproxy");

/** How a replica is started. */
export interface ReplicaOptions {
  readonly upstream: string;
  /** The test's folder; each replica has one of its own in it. */
  readonly folder: string;
  readonly name: string;
  readonly port: number;
  readonly transport?: "http" | "sse";
  /** Text of its `config.toml`. */
  readonly config?: string;
}

/** Runs a replica on a port; `use` gets its process and its database. */
export async function withReplica(
  { upstream, folder, name, port, transport = "http", config = "" }: ReplicaOptions,
  use: (child: Deno.ChildProcess, dbPath: string, stderr: () => string) => Promise<void>,
): Promise<void> {
  const home = join(folder, name), dbPath = join(home, "logs.db");
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(join(home, "config.toml"), "dashboard_port = 0\n" + config);
  await withProgram(
    [
      ...[Deno.execPath(), "run", "-A", "--quiet", join(PROJECT, "main.ts"), "serve"],
      ...["--config", join(home, "config.toml"), "--db", dbPath],
      ...["--transport", transport, "--upstream", upstream, "--port", String(port)],
    ] as [string, ...string[]],
    { HOME: home, USERPROFILE: home },
    /url=(\S+)/,
    (_, child, stderr) => use(child, dbPath, stderr),
  );
}

/** The example that people are given. */
const EXAMPLE = join(PROJECT, "scripts/fleet/haproxy.cfg");

/** Runs HAProxy before replicas on these ports; gives its origin once it takes requests. */
export async function withHaproxy(
  { folder, ports, balance }: {
    readonly folder: string;
    readonly ports: readonly number[];
    /** How a replica is chosen: lines of the backend. */
    readonly balance: string;
  },
  use: (origin: string) => Promise<void>,
): Promise<void> {
  const port = freePort(), file = join(folder, "haproxy.cfg");
  const servers = ports.map((port, i) => `server replica${i} 127.0.0.1:${port}`);
  const example = await Deno.readTextFile(EXAMPLE);
  await Deno.writeTextFile(
    file,
    example
      .replace("bind :7072", `bind 127.0.0.1:${port}`)
      .replace(/^ {2}balance roundrobin$/m, `  ${balance}`)
      .replace("inter 1s", "inter 100ms")
      .replace(/server replica1[^]*/, `${servers.join("\n  ")}\n`),
  );
  await withProgram(
    ["haproxy", "-db", "-V", "-f", file],
    {},
    /polling/,
    async () => {
      await isOpen(port);
      await use(`http://127.0.0.1:${port}`);
    },
  );
}

/** Resolves when a port takes connections. */
async function isOpen(port: number): Promise<void> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  } catch (fault) {
    if (!(fault instanceof Deno.errors.ConnectionRefused)) throw fault;
    await new Promise((resolve) => setTimeout(resolve, 10));
    await isOpen(port);
  }
}

/** Runs `use` with two replicas behind HAProxy; gives its origin and their databases. */
export function withTwoReplicas(
  { upstream, folder, transport = "http", balance }: {
    readonly upstream: string;
    readonly folder: string;
    readonly transport?: "http" | "sse";
    /** How a replica is chosen: lines of HAProxy's backend. */
    readonly balance: string;
  },
  use: (origin: string, databases: readonly string[]) => Promise<void>,
): Promise<void> {
  const ports = [freePort(), freePort()], given = { upstream, folder, transport };
  const replica = (i: number) => ({
    ...given,
    ...{ name: `replica${i}`, port: ports[i]!, config: "[serve]\nreplicated = true\n" },
  });
  return withReplica(
    replica(0),
    (_, one) =>
      withReplica(
        replica(1),
        (_, other) =>
          withHaproxy({ folder, ports, balance }, (origin) => use(origin, [one, other])),
      ),
  );
}
