/** A copy of the fleet's log, of a test's own. */

import assert from "node:assert/strict";
import { isFilled, readCopySources, readCopyState } from "../../src/audit/copy_state.ts";
import { INVOCATION_COLUMNS } from "../../src/audit/invocation.ts";
import type { CopySettings } from "../../src/fleet/copy/copier.ts";
import { Copying } from "../../src/fleet/copy/copying.ts";
import { allRows, MemoryLog, withConnection } from "../audit/support.ts";
import { type Postgres, TEST_PASSWORD } from "./postgres.ts";

/** The user that reads. */
export const READER = "reader";

/** Makes the user that reads, and gives its address. */
export async function addReader(postgres: Postgres): Promise<string> {
  await postgres.query(
    `CREATE ROLE ${READER} LOGIN PASSWORD '${TEST_PASSWORD}' IN ROLE agentgate_reader`,
  );
  return postgres.address(READER);
}

/** Runs `use` while the fleet's log is copied. */
export async function withCopying(
  settings: CopySettings,
  use: (log: MemoryLog) => Promise<void>,
): Promise<void> {
  const log = new MemoryLog();
  using _copying = new Copying(settings, log);
  await use(log);
}

/** Looks every 20 ms whether a copy is as it should be: nothing tells of another process's writes. */
export async function until(is: () => Promise<boolean>): Promise<void> {
  while (!await is()) await new Promise((done) => setTimeout(done, 20));
}

/** Resolves when everything that was shipped until now is in the copy. */
export async function copied(path: string, postgres: Postgres): Promise<void> {
  const sources = await postgres.query("SELECT source, shipped_change FROM agentgate.sources");
  await until(async () => {
    try {
      Deno.statSync(path);
      return await withConnection(path, (db) => {
        const state = readCopyState(db);
        if (state === null || state.asOf === null || !isFilled(state)) return false;
        const marks = new Map(readCopySources(db).map(({ source, mark }) => [source, mark]));
        return sources.every(({ source, shipped_change }) =>
          (marks.get(source) ?? -1) >= shipped_change
        );
      });
    } catch {
      return false;
    }
  });
}

/** The rows of the copy are those of PostgreSQL, each once. Gives their number. */
export async function assertCopied(path: string, postgres: Postgres): Promise<number> {
  const columns = INVOCATION_COLUMNS.join(", ");
  const there = await postgres.query(
    `SELECT host, ${columns} FROM agentgate.calls ORDER BY id`,
  );
  const here = (await allRows(path)).map((row) => [
    row.fleet_host,
    ...INVOCATION_COLUMNS.map((name) => row[name]),
  ]).sort((a, b) => `${a[1]}` < `${b[1]}` ? -1 : 1);
  const expected = there.map((row) => [row.host, ...INVOCATION_COLUMNS.map((name) => row[name])]);
  assert.equal(here.length, expected.length);
  assert.deepEqual(here, expected);
  return here.length;
}
