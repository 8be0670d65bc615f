import assert from "node:assert/strict";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { timestampText } from "../../src/audit/columns.ts";
import { AuditStore } from "../../src/audit/store.ts";
import {
  allRows,
  callAt,
  createOriginalDatabase,
  ended,
  insert,
  NOW,
  startedCall,
  withConnection,
  withDatabasePath,
  withStore,
} from "./support.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Calls on each of the days before {@link NOW}, the oldest first. */
const daily = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, n) => callAt(NOW - (from - n) * DAY_MS, `${from - n}`));

Deno.test("AuditStore.retention compares times as times", () =>
  withStore(async (store, path) => {
    insert(store, [
      callAt(NOW - 30 * DAY_MS - HOUR_MS, "30 d 1 h"),
      callAt(NOW - 30 * DAY_MS - 1, "a millisecond too old"),
      callAt(NOW - 30 * DAY_MS, "just in time"),
      startedCall({ id: "old but open", startedAt: NOW - 40 * DAY_MS }),
      ...daily(8, 0),
    ]);
    const deleted = [...store.retention({ retentionDays: 30, maxRows: 0 }, NOW)];
    assert.equal(deleted.reduce((sum, rows) => sum + rows, 0), 2);
    assert.deepEqual((await allRows(path)).slice(0, 2).map(({ id }) => id), [
      "just in time",
      "old but open",
    ]);
  }));

Deno.test("AuditStore.retention compares the original's timestamps as well", () =>
  withDatabasePath(async (path) => {
    const nineDigits = (time: number) => timestampText(time).replace("+00:00", "123456+00:00");
    const noDigits = (time: number) => timestampText(time).replace(".000", "");
    createOriginalDatabase(path, [
      { id: "30 d 1 h", timestamp: nineDigits(NOW - 30 * DAY_MS - HOUR_MS), status: "allowed" },
      { id: "30 d 1 s", timestamp: noDigits(NOW - 30 * DAY_MS - 1000), status: "allowed" },
      { id: "kept", timestamp: nineDigits(NOW - 30 * DAY_MS), status: "allowed" },
      ...daily(8, 0).map(({ id, record: { startedAt } }) => ({
        id,
        timestamp: Number(id) % 2 === 0 ? noDigits(startedAt) : nineDigits(startedAt),
        status: "allowed",
      })),
    ]);
    const store = new AuditStore(path, { durability: "batched" });
    [...store.retention({ retentionDays: 30, maxRows: 0 }, NOW)];
    store.close();
    assert.deepEqual((await allRows(path)).slice(0, 2).map(({ id }) => id), ["kept", "8"]);
  }));

/** A time in days, and the days on which calls were inserted, in their order. */
interface Clock {
  readonly now: number;
  readonly rows: readonly number[];
  /** The days whose rows are deleted with 30 days of retention. */
  readonly deleted: readonly number[];
}

const days = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** What a clock says, and what the rows make of it. */
const CLOCKS: Readonly<Record<string, Clock>> = {
  "is right": { now: 0, rows: days(-40, 0), deleted: days(-40, -31) },
  "is right after a weekend, to the day": {
    now: 2.5,
    rows: days(-40, 0),
    deleted: days(-40, -31),
  },
  "is 40 days ahead": { now: 40, rows: days(-30, 0), deleted: [] },
  "is two days ahead": { now: 2, rows: days(-30, 0), deleted: [] },
  "is a century ahead": { now: 36_525, rows: days(-30, 0), deleted: [] },
  "is ahead of few, new rows": { now: 40, rows: [0, 0.001, 0.002], deleted: [] },
  "was ahead when the newest rows came": {
    now: 40.3,
    rows: [...days(-40, 0), 40, 40.1, 40.2],
    deleted: days(-40, -30),
  },
  "jumped twice": { now: 80.1, rows: [...days(-30, 0), 40, 80], deleted: [-30] },
  "went on for a week after a pause": {
    now: 47.5,
    rows: [...days(-5, 0), ...days(40, 47)],
    deleted: days(-5, 0),
  },
  "was ahead once": { now: 0.2, rows: [...days(-40, 0), 400, 0.1], deleted: days(-40, -30) },
  "was ahead when the first row came": {
    now: 0.2,
    rows: [4000, ...days(-40, 0)],
    deleted: [4000, ...days(-40, -30)],
  },
  "is behind": { now: -9000, rows: days(-40, 0), deleted: [] },
  "was behind when new rows came": {
    now: 0.5,
    rows: [...days(-20, 0), -9000, -8999.9, 0.4],
    deleted: [],
  },
  "was behind, after a pause": {
    now: 7.5,
    rows: [...days(-50, -40), -9000, ...days(0, 7)],
    deleted: days(-50, -40),
  },
  "is right, and rows came a little out of order": {
    now: 0,
    rows: [-39.9, -40, ...days(-39, 0), -0.5],
    deleted: [-39.9, -40, ...days(-39, -31)],
  },
  "is right, and the gateway is used once in two weeks": {
    now: 0.1,
    rows: days(-12, 0).map((n) => 14 * n),
    deleted: [-168, -154, -140],
  },
};

for (const [clock, { now, rows, deleted }] of Object.entries(CLOCKS)) {
  Deno.test(`AuditStore.retention: a clock that ${clock}`, () =>
    withStore(async (store, path) => {
      insert(store, rows.map((day) => callAt(NOW + day * DAY_MS, `${day}`)));
      [...store.retention({ retentionDays: 30, maxRows: 0 }, NOW + now * DAY_MS)];
      const left = new Set((await allRows(path)).map(({ id }) => Number(id)));
      assert.deepEqual(rows.filter((day) => !left.has(day)), deleted);
    }));
}

Deno.test("AuditStore.retention leaves alone what has no time that could be read", () =>
  withDatabasePath(async (path) => {
    const stamps = ["", "t", "yesterday", "2026-13-77T99:99"];
    createOriginalDatabase(
      path,
      stamps.map((timestamp) => ({ id: timestamp, timestamp, status: "allowed" })),
    );
    const store = new AuditStore(path, { durability: "batched" });
    insert(store, daily(8, 0));
    [...store.retention({ retentionDays: 30, maxRows: 0 }, NOW)];
    store.close();
    assert.equal((await allRows(path)).length, stamps.length + 9);
  }));

for (
  const [rows, kept] of [[10, 10], [11, 10], [0, 0], [10 + AUDIT_BOUNDS.retentionChunkRows, 10]]
) {
  Deno.test(`AuditStore.retention keeps the last ${kept} of ${rows} rows, whatever the clock said`, () =>
    withStore(async (store, path) => {
      const calls = Array.from(
        { length: rows! },
        (_, i) => callAt(i % 2 === 0 ? NOW - i * 1000 : 0, String(i)),
      );
      insert(store, calls);
      [...store.retention({ retentionDays: 0, maxRows: 10 }, NOW)];
      const left = (await allRows(path)).map(({ id }) => Number(id));
      assert.deepEqual(left, Array.from({ length: kept! }, (_, i) => rows! - kept! + i));
    }));
}

Deno.test("AuditStore.retention counts open rows and never deletes them", () =>
  withStore(async (store, path) => {
    const open = Array.from({ length: 5 }, (_, i) => startedCall({ id: `open ${i}` }));
    insert(store, [...open, callAt(NOW, "complete")]);
    [...store.retention({ retentionDays: 1, maxRows: 3 }, NOW)];
    assert.deepEqual((await allRows(path)).map(({ id }) => id), open.map(({ id }) => id));
  }));

Deno.test("AuditStore.retention keeps all when its limits are 0", () =>
  withStore(async (store, path) => {
    insert(store, [callAt(0), callAt(NOW)]);
    [...store.retention({ retentionDays: 0, maxRows: 0 }, NOW)];
    assert.equal((await allRows(path)).length, 2);
  }));

Deno.test("AuditStore.retention gives the space back, in steps that let batches pass", () =>
  withStore(async (store, path) => {
    const argumentsText = JSON.stringify("x".repeat(20_000));
    const calls = Array.from(
      { length: 600 },
      (_, i) => ended(startedCall({ startedAt: NOW - i * 1000, argumentsText })),
    );
    insert(store, calls);
    await withConnection(path, (db) => db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    const before = Deno.statSync(path).size;
    for (const _ of store.retention({ retentionDays: 0, maxRows: 10 }, NOW)) {
      insert(store, [callAt(NOW - DAY_MS)]);
    }
    assert(before > 10_000_000, `${before} bytes before`);
    assert(Deno.statSync(path).size < before / 10, `${Deno.statSync(path).size} bytes after`);
    assert.equal(Deno.statSync(path + "-wal").size, 0);
  }));
