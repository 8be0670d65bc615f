/** What a whole call costs the line: request and answer through a session, nothing but memory. */

import { SessionContext } from "../src/session/context.ts";
import { Session } from "../src/session/session.ts";
import type { SendBuffer } from "../src/transport/send_buffer.ts";
import { StdioExchange } from "../src/transport/stdio_exchange.ts";

const encoder = new TextEncoder();

function exchange(): StdioExchange {
  const context = new SessionContext({
    maxMessageBytes: 10_485_760,
    callTimeoutMs: 0,
    onFault: (_where, fault) => rethrow(fault),
  });
  const session = new Session({ context, stages: [], taps: [] });
  return new StdioExchange(session, context.maxMessageBytes, () => {}, rethrow);
}

function rethrow(fault: unknown): never {
  throw fault;
}

function drain(buffer: SendBuffer): void {
  const bytes = buffer.next();
  if (bytes !== undefined) buffer.wrote(bytes.length);
}

const request = (id: number, size: number) =>
  encoder.encode(
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"message":"${
      "x".repeat(size)
    }"}}}\n`,
  );
const answer = (id: number, size: number) =>
  encoder.encode(
    `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${
      "x".repeat(size)
    }"}]}}\n`,
  );

for (const [name, size] of [["50 B", 50], ["1 KB", 1000], ["50 KB", 50_000]] as const) {
  const line = exchange(), to = request(1, size), back = answer(1, size);
  Deno.bench(`session: one call of ${name}`, () => {
    line.receive("to_server", to);
    drain(line.toServer);
    line.receive("to_agent", back);
    drain(line.toAgent);
  });
}

const many = 500, line = exchange();
const join = (make: (id: number) => Uint8Array) => {
  const parts = Array.from({ length: many }, (_, id) => make(id));
  return new Uint8Array(parts.flatMap((part) => [...part]));
};
const requests = join((id) => request(id, 50)), answers = join((id) => answer(id, 2));
Deno.bench(`session: ${many} calls of 50 B in one chunk`, () => {
  line.receive("to_server", requests);
  drain(line.toServer);
  line.receive("to_agent", answers);
  drain(line.toAgent);
});
