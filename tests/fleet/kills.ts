/** Two gateways with one log and the engines of a fleet, killed at random moments. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PROJECT, scripted } from "../e2e/gateway.ts";
import { childEnv } from "../e2e/machine.ts";
import { assertSame, type Fleet, shipped, withFleet } from "./fleet.ts";
import { HAS_REDIS, type Redis, withRedis } from "./redis.ts";

/** What is killed; Valkey where it, or Redis, is installed. */
export type Victim = "gateway" | "PostgreSQL" | "Valkey";

/** Kills one, and starts it again. */
interface Act {
  readonly victim: Victim;
  readonly kill: () => Promise<void>;
}

/** How it went. */
export interface KillsReport {
  /** Rows here, each of which is there once. */
  readonly rows: number;
  readonly kills: Readonly<Record<Victim, number>>;
  /** Milliseconds from the last answer until nothing waited any more. */
  readonly caughtUpMs: number;
}

/** Calls that a gateway has open; its server answers one after the other, … */
const OPEN_CALLS = 20;
/** … each so late, in milliseconds. */
const SLOW_MS = 2;

/** Calls a minute, more than there are: whoever is refused would ask again at once. */
const LIMIT = 1_000_000;

/** Milliseconds between two kills. */
const BETWEEN_MS = Object.freeze({ least: 100, most: 1400 });

/** Kills so often, waits until all is shipped, and compares. */
export async function killUnderTraffic(times: number): Promise<KillsReport> {
  let report: KillsReport | undefined;
  const run = (redis?: Redis) =>
    withFleet({}, async (fleet) => {
      report = await killAll(times, fleet, redis);
    });
  await (HAS_REDIS ? withRedis(run) : run());
  assert.ok(report !== undefined);
  return report;
}

async function killAll(times: number, fleet: Fleet, redis?: Redis): Promise<KillsReport> {
  const folder = dirname(fleet.dbPath), config = join(folder, "config.toml");
  await Deno.writeTextFile(config, configText(fleet, redis));
  const start = () => Gateway.start(folder, config);
  const gateways = [await start(), await start()];
  const engines = { PostgreSQL: fleet.postgres, ...redis && { Valkey: redis } };
  const acts: Act[] = [
    ...gateways.keys().map((i): Act => ({
      victim: "gateway",
      kill: async () => {
        await gateways[i]!.kill();
        gateways[i] = await start();
      },
    })),
    ...Object.entries(engines).map(([name, engine]): Act => ({
      victim: name as Victim,
      kill: async () => {
        await engine.kill();
        await engine.start();
      },
    })),
  ];
  const kills = { gateway: 0, PostgreSQL: 0, Valkey: 0 };
  try {
    for (let i = 0; i < times; i++) {
      await pause(BETWEEN_MS.least + Math.random() * (BETWEEN_MS.most - BETWEEN_MS.least));
      const { victim, kill } = acts[Math.floor(Math.random() * acts.length)]!;
      kills[victim]++;
      await kill();
    }
    await Promise.all(gateways.map((gateway) => gateway.finish()));
    const since = performance.now();
    await shipped(fleet.dbPath);
    return { rows: await assertSame(fleet), kills, caughtUpMs: performance.now() - since };
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.kill()));
  }
}

function configText({ dbPath, settings: { destination } }: Fleet, redis?: Redis): string {
  return `db_path = ${JSON.stringify(dbPath)}
dashboard_port = 0
[rate_limits]
global_max_calls_per_minute = ${LIMIT}
[fleet]
postgres = ${JSON.stringify(destination.address)}
${redis === undefined ? "" : `valkey = ${JSON.stringify(redis.url)}`}
`;
}

/** A wrap that is kept busy. */
class Gateway {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ended: Promise<void>;
  readonly #idle = Promise.withResolvers<void>();
  #sent = 0;
  #answered = 0;
  #isFinishing = false;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#ended = this.#keepBusy();
  }

  static async start(folder: string, config: string): Promise<Gateway> {
    const main = join(PROJECT, "main.ts"), server = scripted("--slow", `${SLOW_MS}`);
    return new Gateway(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", main, "wrap", "--config", config, "--", ...server],
        cwd: folder,
        clearEnv: true,
        env: await childEnv(folder),
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn(),
    );
  }

  /** Sends no more, and waits for what is open. */
  finish(): Promise<void> {
    this.#isFinishing = true;
    return this.#idle.promise;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#ended;
  }

  async #keepBusy(): Promise<void> {
    try {
      await this.#send(OPEN_CALLS);
      for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
        const answers = text.split("\n").length - 1;
        this.#answered += answers;
        if (!this.#isFinishing) await this.#send(answers);
        else if (this.#answered === this.#sent) this.#idle.resolve();
      }
    } catch {
      // It was killed.
    }
    await this.#input.abort().catch(() => {});
  }

  async #send(count: number): Promise<void> {
    const params = { name: "echo", arguments: { message: "x".repeat(50) } };
    let text = "";
    for (let i = 0; i < count; i++) {
      const call = { jsonrpc: "2.0", id: this.#sent++, method: "tools/call", params };
      text += JSON.stringify(call) + "\n";
    }
    await this.#input.write(new TextEncoder().encode(text));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
