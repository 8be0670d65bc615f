/**
 * An MCP server for tests: writes every byte it receives to the file RECEIVED, answers each request
 * that JSON.parse can read, and before that says the raw bytes of the file SAYS, if there is one.
 *
 * recorder.ts RECEIVED [SAYS]
 */

const [received, says] = Deno.args;
const file = await Deno.open(received!, { create: true, append: true });
const encoder = new TextEncoder(), decoder = new TextDecoder();

async function write(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

if (says !== undefined) await write(await Deno.readFile(says));
let rest = "";
for await (const chunk of Deno.stdin.readable) {
  await file.write(chunk);
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    let messages: { id?: unknown; method?: unknown }[];
    try {
      messages = [JSON.parse(line)].flat();
    } catch {
      continue;
    }
    for (const { id, method } of messages) {
      if (id === undefined || method === undefined) continue;
      await write(encoder.encode(JSON.stringify({ jsonrpc: "2.0", id, result: {} }) + "\n"));
    }
  }
}
