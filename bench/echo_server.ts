/**
 * A server that costs as little as one in TypeScript can: answers each line with a small result.
 *
 * With `--slow BYTES` it instead reads that many bytes a second and answers nothing.
 */

const slow = Deno.args[0] === "--slow" ? Number(Deno.args[1]) : 0;
const encoder = new TextEncoder(), decoder = new TextDecoder();
const buffer = new Uint8Array(256 * 1024);
let rest = "";

for (;;) {
  const length = await Deno.stdin.read(buffer);
  if (length === null) break;
  if (slow > 0) {
    await new Promise((done) => setTimeout(done, length / slow * 1000));
    continue;
  }
  const lines = (rest + decoder.decode(buffer.subarray(0, length), { stream: true })).split("\n");
  rest = lines.pop()!;
  let out = "";
  for (const line of lines) {
    const at = line.indexOf('"id":') + 5;
    const id = line.slice(at, line.indexOf(",", at));
    out += `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"ok"}]}}\n`;
  }
  const bytes = encoder.encode(out);
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
