import assert from "node:assert/strict";
import { callAt, NOW, startedCall } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

Deno.test("a collector gets every record that has ended, though it is away for a while", async () => {
  const ids: string[] = [];
  let isAway = true, told = () => {};
  const collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.json();
      if (isAway) {
        isAway = false;
        return new Response("later", { status: 503 });
      }
      assert.equal(request.headers.get("x-tenant"), "acme");
      for (const { attributes } of body.resourceLogs[0].scopeLogs[0].logRecords) {
        const id = attributes.find(({ key }: { key: string }) => key === "agentgate.id");
        ids.push(id.value.stringValue);
      }
      told();
      return Response.json({});
    },
  );
  const has = async (count: number) => {
    while (ids.length < count) await new Promise<void>((done) => told = done);
  };
  const endpoint = `http://127.0.0.1:${collector.addr.port}/v1/logs`;
  const otlp = { endpoint, headers: { "x-tenant": "acme" } };
  await withDashboard({ otlp }, async ({ insert }) => {
    insert(callAt(NOW, "a"), startedCall({ id: "open" }), callAt(NOW, "b"));
    await has(2);
    insert(callAt(NOW, "c"));
    await has(3);
    assert.deepEqual(ids, ["a", "b", "c"]);
  });
  await collector.shutdown();
});
