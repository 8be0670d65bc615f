import assert from "node:assert/strict";
import { withWrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const request = (id: number, method: string) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params: { name: "echo" } }) + "\n";
const answer = (id: number) => JSON.stringify({ jsonrpc: "2.0", id, result: { content: [] } });
/** A request that is refused: the server is told so. */
const REFUSED = '{"jsonrpc":"2.0","id":2,"method":"ping","params":[]}';

const ignore = Deno.build.os === "windows";

/** A server of the shell's: it reads all, and then does this. */
const atEnd = (script: string) => ["sh", "-c", `cat > /dev/null; ${script}`];

gatewayTest({
  name: "wrap leaves a server its time to answer, whatever else it says once its input is closed",
  ignore,
  fn: () =>
    withWrap(atEnd(`echo '${REFUSED}'; sleep 0.6; echo '${answer(1)}'`), {}, async (wrap) => {
      await wrap.send(request(1, "tools/call"));
      await wrap.closeInput();
      assert.deepEqual(await wrap.rest(), [JSON.parse(answer(1))]);
      assert.equal((await wrap.child.status).code, 0);
      assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), ["ok"]);
    }),
});

gatewayTest({
  name: "wrap leaves a server its time to end when it gives up one of its calls meanwhile",
  ignore,
  fn: () =>
    withWrap(
      atEnd(`sleep 1.6; echo '${answer(2)}'`),
      { config: "call_timeout_seconds = 1\n" },
      async (wrap) => {
        await wrap.send(request(1, "tools/call"), request(2, "x/y"));
        await wrap.closeInput();
        const told = await wrap.rest();
        assert.deepEqual(told.map(({ id, error }) => [id, error?.code]), [[1, -31031], [
          2,
          undefined,
        ]]);
        assert.equal((await wrap.child.status).code, 0);
      },
    ),
});
