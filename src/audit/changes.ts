/**
 * Change numbers: each time a row is inserted or completed it gets the next one. The live feed and
 * the statistics stand on them.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * The column, the counter, and a trigger for what completes rows without knowing of either: an
 * AgentGate that has had the file open since before it was migrated. Rows from before have no number,
 * and neither have those that an original inserts: a trigger for them would cost each insert a tenth.
 *
 * The counter begins with the microseconds since the epoch, so that a database which takes another's
 * place goes on above the numbers of that one: they never repeat.
 */
export const CHANGE_NUMBERS_SQL = `
  ALTER TABLE tool_invocations ADD COLUMN change INTEGER;
  CREATE TABLE change_counter (last INTEGER NOT NULL);
  INSERT INTO change_counter VALUES (CAST(unixepoch('subsec') * 1000000 AS INTEGER));
  CREATE TRIGGER number_completed AFTER UPDATE OF status, outcome ON tool_invocations
  WHEN NEW.change IS OLD.change BEGIN
    UPDATE change_counter SET last = last + 1;
    UPDATE tool_invocations SET change = (SELECT last FROM change_counter) WHERE rowid = NEW.rowid;
  END;`;

/** Gives out change numbers, within transactions that hold the write lock. */
export class ChangeCounter {
  readonly #take: StatementSync;

  constructor(db: DatabaseSync) {
    this.#take = db.prepare("UPDATE change_counter SET last = last + ? RETURNING last");
  }

  /** Takes `count` numbers; the first of them. */
  take(count: number): number {
    return Number(this.#take.get(count)!.last) - count + 1;
  }
}
