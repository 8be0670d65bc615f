/** Two gateways with one log, and the engine that it is shipped to, killed at random moments. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { PROJECT, scripted } from "../e2e/gateway.ts";
import { childEnv } from "../e2e/machine.ts";
import { assertSame, type Fleet, shipped, withFleet } from "./fleet.ts";

/** How it went. */
export interface KillsReport {
  /** Rows here, each of which is there once. */
  readonly rows: number;
  readonly gatewayKills: number;
  readonly engineKills: number;
  /** Milliseconds from the last answer until nothing waited any more. */
  readonly caughtUpMs: number;
}

/** Calls that a gateway has open; its server answers one after the other, … */
const OPEN_CALLS = 20;
/** … each so late, in milliseconds. */
const SLOW_MS = 2;

/** Milliseconds between two kills. */
const BETWEEN_MS = Object.freeze({ least: 100, most: 1400 });

/** Kills so often, waits until all is shipped, and compares. */
export async function killUnderTraffic(kills: number): Promise<KillsReport> {
  let report: KillsReport | undefined;
  await withFleet({}, async (fleet) => {
    const folder = dirname(fleet.dbPath), config = join(folder, "config.toml");
    await Deno.writeTextFile(config, configText(fleet));
    const start = () => Gateway.start(folder, config);
    const gateways = [await start(), await start()];
    let engineKills = 0;
    try {
      for (let i = 0; i < kills; i++) {
        await pause(BETWEEN_MS.least + Math.random() * (BETWEEN_MS.most - BETWEEN_MS.least));
        const victim = Math.floor(Math.random() * 3);
        if (victim < gateways.length) {
          await gateways[victim]!.kill();
          gateways[victim] = await start();
        } else {
          engineKills++;
          await fleet.postgres.kill();
          await fleet.postgres.start();
        }
      }
      await Promise.all(gateways.map((gateway) => gateway.finish()));
      const since = performance.now();
      await shipped(fleet.dbPath);
      report = {
        rows: await assertSame(fleet),
        ...{ gatewayKills: kills - engineKills, engineKills },
        caughtUpMs: performance.now() - since,
      };
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.kill()));
    }
  });
  assert.ok(report !== undefined);
  return report;
}

function configText({ dbPath, settings: { destination } }: Fleet): string {
  return `db_path = ${JSON.stringify(dbPath)}
dashboard_port = 0
[fleet]
postgres = ${JSON.stringify(destination.address)}
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
