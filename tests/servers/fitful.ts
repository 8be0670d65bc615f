/**
 * An MCP server for tests that reads and writes by fits and starts: `fitful.ts SEED`. It answers each
 * call with its `params.arguments.text`, in order, in pieces of any size and with pauses at any byte.
 */

import { dice } from "../transport/world.ts";

const random = dice(Number(Deno.args[0]));
const encoder = new TextEncoder(), decoder = new TextDecoder();
const pause = () => new Promise((done) => setTimeout(done, random() < 0.9 ? 0 : 10 * random()));

const waiting: Uint8Array[] = [];
let ended = false;
let wake = () => {};

async function write(): Promise<void> {
  for (;;) {
    const next = waiting.shift();
    if (next === undefined) {
      if (ended) return;
      await new Promise<void>((resolve) => wake = resolve);
      continue;
    }
    for (let rest = next; rest.length > 0;) {
      rest = rest.subarray(await Deno.stdout.write(rest.subarray(0, 1 + random() ** 3 * 2e5)));
      if (random() < 0.1) await pause();
    }
  }
}

const writing = write();
let line = "";
for (;;) {
  const buffer = new Uint8Array(1 + Math.floor(random() ** 3 * 2e5));
  const count = await Deno.stdin.read(buffer);
  if (count === null) break;
  line += decoder.decode(buffer.subarray(0, count), { stream: true });
  const lines = line.split("\n");
  line = lines.pop()!;
  for (const text of lines) {
    const { id, params } = JSON.parse(text);
    const result = { content: [{ type: "text", text: params.arguments.text }] };
    waiting.push(encoder.encode(JSON.stringify({ jsonrpc: "2.0", id, result }) + "\n"));
  }
  wake();
  if (random() < 0.1) await pause();
}
ended = true;
wake();
await writing;
