/** What a whole call costs the line: request and answer through a session, nothing but memory. */

import { Session } from "../src/session/session.ts";

const encoder = new TextEncoder();

function session(): Session {
  return new Session({
    maxMessageBytes: 10_485_760,
    callTimeoutMs: 0,
    stages: [],
    taps: [],
    onFault: (_where, fault) => {
      throw fault;
    },
  });
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
  const line = session(), to = request(1, size), back = answer(1, size);
  Deno.bench(`session: one call of ${name}`, () => {
    line.receive("to_server", to);
    line.take("to_server");
    line.receive("to_agent", back);
    line.take("to_agent");
  });
}

const many = 500, line = session();
const join = (make: (id: number) => Uint8Array) => {
  const parts = Array.from({ length: many }, (_, id) => make(id));
  return new Uint8Array(parts.flatMap((part) => [...part]));
};
const requests = join((id) => request(id, 50)), answers = join((id) => answer(id, 2));
Deno.bench(`session: ${many} calls of 50 B in one chunk`, () => {
  line.receive("to_server", requests);
  line.take("to_server");
  line.receive("to_agent", answers);
  line.take("to_agent");
});
