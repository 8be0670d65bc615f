import assert from "node:assert/strict";
import { killUnderTraffic } from "./kills.ts";
import { HAS_POSTGRES } from "./postgres.ts";

Deno.test({
  name:
    "gateways, PostgreSQL and Valkey killed under traffic: rows there are those here, each once",
  ignore: !HAS_POSTGRES || Deno.build.os === "windows",
  fn: async () => {
    const { caughtUpMs, rows } = await killUnderTraffic(6);
    assert.ok(rows > 100, `${rows} rows`);
    assert.ok(caughtUpMs < 10_000, `${caughtUpMs} ms`);
  },
});
