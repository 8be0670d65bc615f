/** How fast the scanner reads: small messages; text, records and other scripts of 50 KB and of 1 MB. */

import { Scanner } from "../src/wire/scan.ts";

const encoder = new TextEncoder();
const line = (message: unknown) => encoder.encode(JSON.stringify(message) + "\n");

const records = (length: number) =>
  Array.from(
    { length },
    (_, i) => ({ id: i, name: `user${i}`, email: `u${i}@example.org`, score: i * 1.5, ok: true }),
  );
const answer = (result: unknown) => line({ jsonrpc: "2.0", id: 1, result });
const text = (value: string) => answer({ content: [{ type: "text", text: value }] });

const messages: Record<string, Uint8Array> = {
  "small call": line({
    jsonrpc: "2.0",
    id: 100_001,
    method: "tools/call",
    params: { name: "read_text_file", arguments: { path: "/home/user/project/README.md" } },
  }),
  "50 KB of records": answer({ structuredContent: records(620) }),
  "50 KB of Cyrillic": text("Съешь же ещё этих мягких французских булок. ".repeat(620)),
  "50 KB of Japanese": text("日本語のテキスト".repeat(2080)),
  "1 MB of text": text("lorem ipsum dolor sit amet, consectetur\n".repeat(25_000)),
  "1 MB of records": answer({ structuredContent: records(12_000) }),
  "1 MB of Japanese": text("日本語のテキスト".repeat(43_000)),
};

for (const [name, bytes] of Object.entries(messages)) {
  const scanner = new Scanner();
  const decoder = new TextDecoder();
  Deno.bench(`scan: ${name} (${bytes.length} bytes)`, { group: name, baseline: true }, () => {
    if (scanner.scan(bytes, 0, bytes.length - 1) !== undefined) throw new Error("refused");
  });
  Deno.bench(`TextDecoder + JSON.parse: ${name}`, { group: name }, () => {
    JSON.parse(decoder.decode(bytes));
  });
}
