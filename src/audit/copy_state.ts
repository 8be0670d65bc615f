/**
 * What a copy of the fleet's log knows of itself: tables in the same file as its rows, so that both
 * change in one transaction.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** The tables, and the column that tells which machine a row came from. */
export const COPY_TABLES_SQL = `
  CREATE TABLE IF NOT EXISTS fleet_sources (source TEXT PRIMARY KEY, host TEXT NOT NULL,
    mark INTEGER NOT NULL, shipped_at TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS fleet_copy (floor INTEGER, floor_id TEXT, bound INTEGER, begun INTEGER,
    as_of TEXT, fault TEXT);`;

/** Name of the column with what a row's machine is called in the fleet. */
export const HOST_COLUMN = "fleet_host";

/** Name of the index of it, by time; it has what calls of a machine are mostly narrowed down to as well. */
export const HOST_INDEX = "idx_fleet_host";

/** Name of the index of a machine's calls that were refused or have failed. */
export const HOST_REFUSED_INDEX = "idx_fleet_host_refused";

/** A log of the fleet. */
export interface CopySource {
  /** A UUID. */
  readonly source: string;
  /** What its machine is called. */
  readonly host: string;
  /** The last of its changes that is in the copy, or that the past will bring. */
  readonly mark: number;
  /** When its machine shipped something last, RFC 3339. */
  readonly shipped_at: string;
}

/** How far the copy is. Times of rows are microseconds since the epoch, as PostgreSQL has them. */
export interface CopyState {
  /** Rows that began before this, and those of it with a lower id, are not copied yet; null: no row is. */
  readonly floor: number | null;
  readonly floorId: string;
  /** Rows that began before this are not wanted. */
  readonly bound: number;
  /** Rows that began before this are the past. */
  readonly begun: number;
  /** Until when everything that was shipped is here, RFC 3339; null for never. */
  readonly asOf: string | null;
  /** Why nothing is copied now, one sentence; null while it is. */
  readonly fault: string | null;
}

/** Whether a database is a copy of the fleet's log. */
export function isCopy(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'fleet_copy'").get() !== undefined;
}

/** Reads how far it is; null where nothing was begun. */
export function readCopyState(db: DatabaseSync): CopyState | null {
  if (!isCopy(db)) return null;
  const row = db.prepare("SELECT * FROM fleet_copy").get();
  if (row === undefined) return null;
  const { floor, floor_id, bound, begun, as_of, fault } = row;
  return {
    floor: floor as number | null,
    floorId: String(floor_id),
    bound: Number(bound),
    begun: Number(begun),
    asOf: as_of as string | null,
    fault: fault as string | null,
  };
}

/** Whether the past was copied as far as it is wanted. */
export function isFilled({ floor, bound }: CopyState): boolean {
  return floor !== null && floor <= bound;
}

/** Reads the logs that rows came from. */
export function readCopySources(db: DatabaseSync): CopySource[] {
  if (!isCopy(db)) return [];
  return db.prepare("SELECT * FROM fleet_sources ORDER BY host, source")
    .all() as unknown as CopySource[];
}
