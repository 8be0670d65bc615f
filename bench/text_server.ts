/** A server that answers each line with the text of a file. `text_server.ts FILE`. */

const text = await Deno.readTextFile(Deno.args[0]!);
let rest = "";
for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + part).split("\n");
  rest = lines.pop()!;
  for (const line of lines) {
    const { id } = JSON.parse(line), result = { content: [{ type: "text", text }] };
    const bytes = new TextEncoder().encode(JSON.stringify({ jsonrpc: "2.0", id, result }) + "\n");
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  }
}
