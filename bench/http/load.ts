/** The load: clients that each call, wait for the answer, and call again. `load.ts PORT PATH CLIENTS SECONDS`. */

const [port, path, clients, seconds] = Deno.args as [string, string, string, string];
const encoder = new TextEncoder(), decoder = new TextDecoder();
const WARM_MS = 700;
const latencies: number[] = [];
const begun = performance.now(), end = begun + WARM_MS + Number(seconds) * 1000;
let ids = 0;

await Promise.all(Array.from({ length: Number(clients) }, client));
latencies.sort((a, b) => a - b);
const at = (share: number) => Math.round(1000 * latencies[Math.floor(latencies.length * share)]!);
console.log(JSON.stringify({
  callsPerSecond: Math.round(latencies.length / Number(seconds)),
  p50: at(0.5),
  p99: at(0.99),
}));

async function client(): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const buffer = new Uint8Array(256 * 1024);
  for (let now = performance.now(); now < end;) {
    const id = ++ids,
      body = JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name: "echo", arguments: { message: "hello world", n: 42 } },
      });
    const head = [
      `POST ${path} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      "content-type: application/json",
      "accept: application/json, text/event-stream",
      "mcp-session-id: bench",
      `content-length: ${body.length}`,
    ];
    const from = now;
    await connection.write(encoder.encode(`${head.join("\r\n")}\r\n\r\n${body}`));
    let size = 0;
    while (!isWhole(buffer, size)) {
      const read = await connection.read(buffer.subarray(size));
      if (read === null) throw new Error("the connection was closed");
      size += read;
    }
    const text = decoder.decode(buffer.subarray(0, Math.min(size, 2000)));
    if (!text.startsWith("HTTP/1.1 200") || !text.includes(`"id":${id}`)) throw new Error(text);
    now = performance.now();
    if (from > begun + WARM_MS) latencies.push(now - from);
  }
}

/** Whether an answer has come to its end. */
function isWhole(bytes: Uint8Array, size: number): boolean {
  const head = decoder.decode(bytes.subarray(0, Math.min(size, 2000)));
  const start = head.indexOf("\r\n\r\n") + 4, length = /content-length: (\d+)/i.exec(head)?.[1];
  if (start < 4) return false;
  if (length !== undefined) return size >= start + Number(length);
  return decoder.decode(bytes.subarray(size - 5, size)) === "0\r\n\r\n";
}
