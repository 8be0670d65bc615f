/**
 * Four wraps on one port; whoever serves is killed ten times under traffic, while one client listens.
 *
 * `deno run -A bench/control_plane/takeover.ts [KILLS]`: says how long each takeover took, and whether
 * the client got every stored row once.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { callLine, echoServer, PROJECT } from "../wrapped.ts";

const kills = Number(Deno.args[0] ?? 10), WRAPS = 4;
const home = await Deno.makeTempDir({ prefix: "agentgate-bench-" }), db = join(home, "logs.db");
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
listener.close();
const encoder = new TextEncoder(), wraps: Deno.ChildProcess[] = [];

function start(): void {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", join(PROJECT, "main.ts"), "wrap"],
      ...["--dashboard-port", `${port}`, "--db", db, "--", ...echoServer()],
    ],
    env: { AGENTGATE_HOME: home },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  wraps.push(child);
  const input = child.stdin.getWriter();
  let id = 0;
  const traffic = setInterval(() => {
    input.write(encoder.encode(callLine(++id))).catch(() => clearInterval(traffic));
  }, 5);
}

const seen = new Map<string, number>();
let since = "0", takeovers = 0, isOver = false;
let gone = performance.now(), socket: WebSocket | undefined;

async function listen(key: string): Promise<void> {
  while (!isOver) {
    socket = new WebSocket(`ws://127.0.0.1:${port}/api/ws/live?token=${key}&since=${since}`);
    socket.onopen = () => {
      console.log(`serves after ${Math.round(performance.now() - gone)} ms`);
      takeovers++;
    };
    socket.onmessage = ({ data }) => {
      const { id, change } = JSON.parse(data);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      since = `${change}`;
    };
    await new Promise((closed) => socket!.onclose = socket!.onerror = closed);
    await pause(20);
  }
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

for (let n = 0; n < WRAPS; n++) start();
let key = "";
while (key === "") {
  key = await Deno.readTextFile(join(home, "dashboard.key")).then((text) => text.trim(), () => "");
  await pause(20);
}
const listening = listen(key);
while (takeovers === 0) await pause(20);
for (let kill = 0; kill < kills; kill++) {
  await pause(1000);
  const response = await fetch(`http://127.0.0.1:${port}/api/gateways`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const [{ gateway }] = await response.json();
  const before = takeovers;
  gone = performance.now();
  Deno.kill(Number(gateway.split("/")[1]), "SIGKILL");
  start();
  while (takeovers === before) await pause(5);
}
await pause(1000);
for (const { pid } of wraps) {
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // It was killed before.
  }
}
isOver = true;
const stored = new DatabaseSync(db, { readOnly: true }).prepare(
  "SELECT id FROM tool_invocations WHERE outcome <> 'open' AND change <= ?",
).all(Number(since)).map(({ id }) => String(id));
const missed = stored.filter((id) => !seen.has(id)).length;
const twice = [...seen.values()].filter((count) => count > 1).length;
console.log(`${stored.length} rows stored, ${seen.size} read, ${missed} missed, ${twice} twice`);
socket?.close();
await listening;
await Deno.remove(home, { recursive: true });
Deno.exit(missed === 0 ? 0 : 1);
