import assert from "node:assert/strict";
import { join } from "node:path";
import { dice } from "../transport/world.ts";
import { PROJECT, withWrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

/** Calls of one run; a few are as large as what all pipes together hold, and larger. */
const CALLS = 400;

for (const seed of [1, 2, 3]) {
  gatewayTest(`wrap loses and mixes up nothing when both sides stall, seed ${seed}`, async () => {
    const random = dice(seed);
    const texts = Array.from(
      { length: CALLS },
      (_, id) => `${id}:`.padEnd(Math.floor(random() ** 10 * 600_000), "x"),
    );
    const asked = texts.map((text, id) =>
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name: "echo", arguments: { text } },
      })
    ).join("\n") + "\n";
    const script = join(PROJECT, "tests/servers/fitful.ts");
    const server = [Deno.execPath(), "run", "-A", "--quiet", script, String(seed)];
    await withWrap(server, {}, async (wrap) => {
      const sending = (async () => {
        let rest = new TextEncoder().encode(asked);
        while (rest.length > 0) {
          const piece = 1 + Math.floor(random() ** 3 * 300_000);
          await wrap.sendBytes(rest.subarray(0, piece));
          rest = rest.subarray(piece);
          if (random() < 0.1) await new Promise((done) => setTimeout(done, 10 * random()));
        }
        await wrap.closeInput();
      })();
      for (const [id, text] of texts.entries()) {
        const answer = await wrap.next();
        assert.equal(answer.id, id);
        assert.ok(answer.result.content[0].text === text, `the answer to ${id} is another`);
        if (random() < 0.05) await new Promise((done) => setTimeout(done, 10 * random()));
      }
      await sending;
      assert.deepEqual(await wrap.rest(), []);
      assert.equal((await wrap.child.status).code, 0);
      const rows = wrap.rows();
      assert.deepEqual(rows.map(({ request_id }) => Number(request_id)), [...texts.keys()]);
      assert.ok(rows.every(({ outcome }) => outcome === "ok"));
    });
  });
}
