/**
 * What `echo.c` does, for machines without a C compiler: a server that answers a call with its own
 * argument `message`. It costs a good deal more.
 *
 * @module
 */

interface Request {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: {
    readonly arguments?: { readonly message?: string };
    readonly protocolVersion?: string;
  };
}

const encoder = new TextEncoder(), decoder = new TextDecoder();
const buffer = new Uint8Array(256 * 1024);
let parts: string[] = [];

for (;;) {
  const length = Deno.stdin.readSync(buffer);
  if (length === null) break;
  const text = decoder.decode(buffer.subarray(0, length), { stream: true });
  const end = text.lastIndexOf("\n");
  if (end < 0) {
    parts.push(text);
    continue;
  }
  const lines = parts.join("") + text.slice(0, end);
  parts = [text.slice(end + 1)];
  writeAll(encoder.encode(lines.split("\n").map(answerTo).join("")));
}

function answerTo(line: string): string {
  const { id, method, params } = JSON.parse(line) as Request;
  if (id === undefined) return "";
  return JSON.stringify({ jsonrpc: "2.0", id, ...outcomeOf(method, params) }) + "\n";
}

function outcomeOf(method: string | undefined, params: Request["params"]): object {
  switch (method) {
    case "tools/call":
      return { result: { content: [{ type: "text", text: params?.arguments?.message ?? "" }] } };
    case "tools/list":
      return {
        result: {
          tools: [{
            name: "echo",
            inputSchema: { type: "object", properties: { message: { type: "string" } } },
          }],
        },
      };
    case "initialize":
      return {
        result: {
          capabilities: { tools: {} },
          serverInfo: { name: "echo", version: "1" },
          protocolVersion: params?.protocolVersion ?? "2025-06-18",
        },
      };
    case "ping":
      return { result: {} };
    default:
      return { error: { code: -32601, message: "Method not found" } };
  }
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
