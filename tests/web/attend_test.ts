import assert from "node:assert/strict";
import { attend, type Found } from "../../src/web/attend.ts";
import { DASHBOARD_HEADER, logMark } from "../../src/web/gateways.ts";
import { KEY, withDashboard } from "./harness.ts";

/** Attends whoever has the port, until it is told that it is served, or that it is not. */
async function attendAt(port: number, key: string, dbPath: string) {
  const end = new AbortController();
  let isServed = false;
  const gateway = "host/1", serverName = "files";
  const onServed = () => {
    isServed = true;
    end.abort();
  };
  const found: Found = await attend({
    port,
    key,
    dbPath,
    gateway,
    serverName,
    signal: end.signal,
    onServed,
  });
  return { found, isServed };
}

Deno.test("attend waits at a dashboard that has the same key, and at no other", () =>
  withDashboard({}, async ({ address, dbPath }) => {
    const port = Number(new URL(address).port);
    assert.equal((await attendAt(port, KEY, dbPath)).isServed, true);
    assert.deepEqual(await attendAt(port, "another key", dbPath), {
      found: "other_key",
      isServed: false,
    });
  }));

Deno.test("attend does not tell the key to whoever has the port, nor believes it", async () => {
  let heard = "";
  const mark = { [DASHBOARD_HEADER]: logMark("/logs.db") };
  const impostor = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    heard += request.url + JSON.stringify([...request.headers]);
    return new Response("ok", { headers: mark });
  });
  const attended = await attendAt(impostor.addr.port, KEY, "/logs.db");
  assert.deepEqual(attended, { found: "foreign", isServed: false });
  assert.ok(heard.includes("proof=") && !heard.includes(KEY));
  await impostor.shutdown();
});
