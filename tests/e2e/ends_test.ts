import assert from "node:assert/strict";
import { scripted, withWrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const ignore = Deno.build.os === "windows";
const call = (id: number, text = "") => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: { text } },
});

gatewayTest({
  name: "wrap answers for a server that has closed its output, and ends it",
  ignore,
  fn: async () => {
    const server = ["sh", "-c", "read -r _; exec 1>&-; cat >/dev/null; exec sleep 60"];
    await withWrap(server, {}, async (wrap) => {
      await wrap.send(call(1));
      const first = await wrap.next();
      assert.deepEqual([first.id, first.error.code], [1, -31032]);
      assert.match(first.error.message, /it closed its output/);
      await wrap.send(call(2), { jsonrpc: "2.0", id: 3, method: "ping" });
      const rest = [await wrap.next(), await wrap.next()];
      assert.deepEqual(rest.map(({ id, error }) => [id, error.code]), [[2, -31032], [3, -31032]]);
      // Though the agent stays: its server is as good as gone.
      assert.notEqual((await wrap.child.status).code, 0);
      assert.deepEqual(wrap.rows().map((row) => row.outcome), ["server_gone", "server_gone"]);
    });
  },
});

gatewayTest({
  name: "wrap notices the end of an agent that does not read",
  ignore,
  fn: async () => {
    const text = "x".repeat(400_000);
    await withWrap(scripted("--tell-pid"), {}, async (wrap) => {
      await wrap.send(call(1, text));
      await wrap.send(call(2, text));
      await wrap.closeInput();
      // Nobody has read the answers.
      await wrap.child.status;
      assert.deepEqual(wrap.rows().map((row) => row.request_id), ["1", "2"]);
      assert.ok(wrap.rows().every((row) => row.outcome !== "open"));
    });
  },
});
