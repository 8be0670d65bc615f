import assert from "node:assert/strict";
import {
  logFileMark,
  readShippingState,
  writeShippingState,
} from "../../src/audit/shipping_state.ts";
import { allRows, callAt } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

Deno.test("/api/log tells how many changes wait to be shipped, and why; nothing of it without a fleet", async () => {
  await withDashboard({}, async ({ insert, json }) => {
    insert(callAt(1));
    assert.deepEqual(await json("/api/log"), { waiting_files: [], shipping: null, copy: null });
  });
  await withDashboard({ isShipped: true }, async ({ dbPath, insert, json }) => {
    insert(callAt(1), callAt(2), callAt(3));
    const told = async () => (await json("/api/log")).shipping;
    assert.deepEqual(await told(), { waiting: 3, shipped_at: null, fault: null });
    const { change } = (await allRows(dbPath))[1]!, at = "2026-11-26T12:00:00.000Z";
    const state = {
      source: crypto.randomUUID(),
      file: logFileMark(dbPath),
      shipped: change as number,
      newest: null,
      at,
      fault: "it is away",
    };
    writeShippingState(dbPath, state);
    assert.deepEqual(readShippingState(dbPath), state);
    assert.deepEqual(await told(), { waiting: 1, shipped_at: at, fault: "it is away" });
    writeShippingState(dbPath, { ...state, file: "another" });
    assert.equal((await told()).waiting, 3);
  });
});
