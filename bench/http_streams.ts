/**
 * What thousands of idle streams cost `agentgate serve`: memory before, with and after two rounds of
 * them, and what is left upstream when all agents have left at once.
 *
 * `deno task bench:streams [--streams 2000]`. Needs /proc (Linux).
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { footprint } from "./processes.ts";
import { pause, printed, serving, start } from "./programs.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { streams: { type: "string", default: "2000" } },
});
const count = Number(values.streams);

let open = 0;
const upstream = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
  open++;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(": here\n\n")),
    cancel: () => void open--,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
});
const folder = await Deno.makeTempDir({ prefix: "agentgate-streams-" });
const address = `http://127.0.0.1:${upstream.addr.port}/mcp`;
const gateway = start(serving(address, join(folder, "logs.db")), folder);
try {
  const url = new URL(await printed(gateway, /url=(\S+)/));
  const megabytes = () => Math.round(footprint(gateway.pid).resident);
  await pause(2000);
  console.log(`${megabytes()} MB without streams`);
  for (const round of [1, 2]) {
    const begun = performance.now();
    const agents = await Promise.all(Array.from({ length: count }, () => openStream(url)));
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    await pause(2000);
    console.log(`round ${round}: ${count} streams in ${seconds} s, ${megabytes()} MB`);
    agents.forEach((agent) => agent.close());
    const left = performance.now();
    while (open > 0 && performance.now() - left < 20_000) await pause(50);
    const after = ((performance.now() - left) / 1000).toFixed(1);
    console.log(`         ${open} upstream ${after} s after all had left, ${megabytes()} MB`);
  }
} finally {
  gateway.kill("SIGTERM");
  await gateway.status;
  await upstream.shutdown();
  await Deno.remove(folder, { recursive: true });
}

/** Opens a stream and reads its beginning. */
async function openStream({ hostname, port, pathname }: URL): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\naccept: text/event-stream\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(4096);
  for (let text = ""; !text.includes(": here");) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error(`the stream ended: ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, read));
  }
  return connection;
}
