/**
 * Whether `agentgate serve` stays what it was: calls by the hundred thousand while clients and the
 * upstream are killed at random moments. Anything lost ends it with an error.
 *
 * `deno task bench:http-soak [--calls 1000000]`. Needs Linux and a C compiler.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { footprint } from "./processes.ts";
import { built, pause, printed, serving, start } from "./programs.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { calls: { type: "string", default: "1000000" } },
});
const wanted = Number(values.calls);
const folder = await Deno.makeTempDir({ prefix: "agentgate-http-soak-" });
const db = join(folder, "logs.db");
const config = join(folder, "config.toml");
await Deno.writeTextFile(
  config,
  "[log_retention]\nmax_rows = 0\n[circuit_breaker]\nenabled = false\n",
);

const server = built("http/upstream.c", folder), client = built("http/load.c", folder);
let upstream = start([server, "0"], folder);
const port = await printed(upstream, /port=(\d+)/);
const address = `http://127.0.0.1:${port}`;
const gateway = start(serving(address, db, "--config", config), folder);
try {
  const own = await printed(gateway, /url=http:\/\/127.0.0.1:(\d+)/);
  const samples: number[] = [];
  let kills = 0;
  for (let rows = 0; rows < wanted;) {
    const load = start([client, own, "/small", "32", "60", "0"], folder);
    await pause(500 + Math.random() * 4000);
    if (Math.random() < 0.5) load.kill("SIGKILL");
    else {
      upstream.kill("SIGKILL");
      await upstream.status;
      // Whoever calls meanwhile gets 502, and the load ends itself.
      await load.status;
      upstream = start([server, port], folder);
      await printed(upstream, /port=(\d+)/);
    }
    await load.status;
    kills++;
    samples.push(Math.round(footprint(gateway.pid).resident));
    rows = count("");
  }
  gateway.kill("SIGTERM");
  const { code } = await gateway.status;
  const outcomes = ["ok", "agent_gone", "server_gone", "open"].map((outcome) =>
    `${outcome} ${count(`WHERE outcome = '${outcome}'`)}`
  );
  console.log(`${count("")} calls, ${kills} kills, exit ${code}: ${outcomes.join(", ")}`);
  const quarter = Math.max(1, samples.length >> 2),
    mean = (all: readonly number[]) =>
      Math.round(all.reduce((sum, one) => sum + one, 0) / all.length);
  console.log(
    `resident ${mean(samples.slice(0, quarter))} MB in the first quarter, ` +
      `${mean(samples.slice(-quarter))} MB in the last`,
  );
  if (code !== 0 || count("WHERE outcome = 'open'") > 0) throw new Error("records were lost");
} finally {
  for (const child of [upstream, gateway]) {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
  }
  await Deno.remove(folder, { recursive: true });
}

function count(where: string): number {
  using reader = new DatabaseSync(db, { readOnly: true, timeout: 5000 });
  const row = reader.prepare(`SELECT count(*) AS n FROM tool_invocations ${where}`).get();
  return Number(row!["n"]);
}
