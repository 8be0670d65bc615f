import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, withWrap } from "./gateway.ts";
import { TO_AGENT, TO_SERVER } from "./hostile.ts";
import { gatewayTest } from "./transports.ts";

const encoder = new TextEncoder();
const recorder = (...files: string[]) => [
  Deno.execPath(),
  "run",
  "-A",
  "--quiet",
  join(PROJECT, "tests/servers/recorder.ts"),
  ...files,
];
const good = (id: string) =>
  `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"good"}}\n`;

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

gatewayTest(
  "wrap forwards no hostile line, records each call in them, and a good call after each works",
  async () => {
    await withFolder(async (folder) => {
      const received = join(folder, "received");
      await withWrap(recorder(received), {}, async (wrap) => {
        for (const [index, [what, line]] of TO_SERVER.entries()) {
          await wrap.sendBytes(typeof line === "string" ? encoder.encode(line) : line);
          await wrap.send("\n", good(`good-${index}`));
          for (;;) {
            const message = await wrap.next();
            if (message.id === `good-${index}`) {
              assert.ok(message.result, what);
              break;
            }
            for (const refusal of [message].flat()) {
              assert.ok(refusal.error.code <= -32600 && refusal.error.code >= -32700, what);
            }
          }
        }
        await wrap.closeInput();
        await wrap.rest();
        assert.equal((await wrap.child.status).code, 0);
        const expected = TO_SERVER.map((_, index) => good(`good-${index}`)).join("");
        assert.equal(await Deno.readTextFile(received), expected);
        const rows = wrap.rows();
        assert.equal(rows.filter((row) => row.outcome === "ok").length, TO_SERVER.length);
        const refused = rows.filter((row) => row.outcome !== "ok");
        assert.ok(refused.length >= TO_SERVER.length - 15, `${refused.length} records`);
        for (const row of refused) assert.equal(row.status, "denied");
      });
    });
  },
);

gatewayTest(
  "wrap gives the agent no hostile line of the server, and a good answer after them",
  async () => {
    await withFolder(async (folder) => {
      for (const [index, [what, line]] of TO_AGENT.entries()) {
        const says = join(folder, `says-${index}`);
        const raw = typeof line === "string" ? encoder.encode(line) : line;
        await Deno.writeFile(says, new Uint8Array([...raw, 0x0a]));
        await withWrap(recorder(join(folder, "received"), says), {}, async (wrap) => {
          await wrap.send(good("after"));
          assert.deepEqual(await wrap.next(), { jsonrpc: "2.0", id: "after", result: {} }, what);
          await wrap.closeInput();
          assert.deepEqual(await wrap.rest(), [], what);
          assert.match(wrap.stderr(), /was refused|the server prints to stdout/, what);
        });
      }
    });
  },
);

gatewayTest("wrap passes on what is legal and looks odd, byte for byte", async () => {
  const odd = [
    '{"jsonrpc":"2.0","id":1,"\\u006dethod":"tools/call","params":{"name":"b"}}\n',
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"b","arguments":{"x":"\\ud83d"}}}\n',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"b","arguments":{"x":1e999}}}\n',
    '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"b","arguments":{"PATH":1,"path":2}}}\n',
    ' { "jsonrpc" : "2.0" , "id" : 5 , "method" : "tools\\/call" , "params" : { "name" : "b" } } \n',
    '[{"jsonrpc":"2.0","id":6,"method":"ping"},{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b"}}]\n',
    '{"jsonrpc":"2.0","id":8,"method":"x/y","params":{"n":9007199254740993,"m":1.0,"z":-0}}\n',
  ];
  await withFolder(async (folder) => {
    const received = join(folder, "received");
    await withWrap(recorder(received), {}, async (wrap) => {
      await wrap.send(...odd);
      for (let answers = 0; answers < 8; answers++) assert.ok((await wrap.next()).result);
      await wrap.closeInput();
      await wrap.rest();
      assert.equal(await Deno.readTextFile(received), odd.join(""));
    });
  });
});
