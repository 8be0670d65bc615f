import assert from "node:assert/strict";
import { readShippingState, writeShippingState } from "../../src/audit/shipping_state.ts";
import { LogSource } from "../../src/web/log_source.ts";
import { shippingProgress } from "../../src/web/shipping_progress.ts";
import { allRows, callAt } from "../audit/support.ts";
import { dashboardOver, KEY, withDashboard } from "./harness.ts";

Deno.test("/api/log tells how many changes wait to be shipped, and why", () =>
  withDashboard({}, async ({ dbPath, insert, json }) => {
    insert(callAt(1), callAt(2), callAt(3));
    assert.deepEqual(await json("/api/log"), { waiting_files: [], shipping: null });
    using log = new LogSource(dbPath);
    assert.deepEqual(shippingProgress(log), { waiting: 3, shipped_at: null, fault: null });
    const { change } = (await allRows(dbPath))[1]!, at = "2026-11-26T12:00:00.000Z";
    const state = {
      source: crypto.randomUUID(),
      file: log.read(({ identity }) => identity),
      shipped: change as number,
      at,
      fault: "it is away",
    };
    writeShippingState(dbPath, state);
    assert.deepEqual(readShippingState(dbPath), state);
    assert.deepEqual(shippingProgress(log), { waiting: 1, shipped_at: at, fault: "it is away" });
    writeShippingState(dbPath, { ...state, file: "another" });
    assert.equal(shippingProgress(log).waiting, 3);
  }));

Deno.test("/api/log tells of shipping where the log is shipped", () =>
  withDashboard({}, async ({ dbPath, insert }) => {
    insert(callAt(1));
    await using served = dashboardOver(dbPath, { isShipped: true });
    const response = await fetch(`http://127.0.0.1:${served.port}/api/log`, {
      headers: { authorization: `Bearer ${KEY}` },
    });
    assert.deepEqual((await response.json()).shipping, {
      waiting: 1,
      shipped_at: null,
      fault: null,
    });
  }));
