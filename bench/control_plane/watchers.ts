/**
 * Many live sockets that read what they are told and look at nothing of it, so that they cost the
 * machine as little as they can: `watchers.ts PORT KEY COUNT`. Says "open" when all listen.
 *
 * @module
 */

const [port, key, count] = Deno.args;
const chunk = new Uint8Array(256 * 1024);
const request = `GET /api/ws/live?token=${key}&view=rows HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

for (let n = 0; n < Number(count); n++) {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await connection.write(new TextEncoder().encode(request));
  const length = await connection.read(chunk) ?? 0;
  const head = new TextDecoder().decode(chunk.subarray(0, length));
  if (!head.startsWith("HTTP/1.1 101")) throw new Error(head);
  void drain(connection);
}
console.log("open");

async function drain(connection: Deno.TcpConn): Promise<void> {
  while (await connection.read(chunk) !== null);
  throw new Error("a socket was closed");
}
