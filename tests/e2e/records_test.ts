import assert from "node:assert/strict";
import { join } from "node:path";
import { createOriginalDatabase } from "../audit/support.ts";
import { scripted, withWrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const posix = Deno.build.os !== "windows";
const call = (id: number, args: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: args },
});

gatewayTest({
  name: "wrap makes an upgraded log, and the folder that it stands in, its owner's alone",
  ignore: !posix,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "agentgate-own-" });
    const dbPath = join(folder, "logs.db");
    try {
      createOriginalDatabase(dbPath, [{ id: "a", status: "allowed" }]);
      await Deno.chmod(dbPath, 0o644);
      await Deno.chmod(folder, 0o755);
      const setup = { env: { AGENTGATE_HOME: folder }, options: ["--db", dbPath] };
      await withWrap(scripted(), setup, async (wrap) => {
        await wrap.send(call(1));
        await wrap.next();
        const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
        const modes = ["", "-wal", "-shm"].map((end) => modeOf(dbPath + end));
        assert.deepEqual([modeOf(folder), ...modes], [0o700, 0o600, 0o600, 0o600]);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
