/**
 * How far the log was shipped to the fleet's PostgreSQL: a small file beside it, for those who do not
 * ship themselves.
 *
 * @module
 */

import { realPath } from "./private_files.ts";

/** What the file says. */
export interface ShippingState {
  /** Names the log in the fleet: a UUID, made once. */
  readonly source: string;
  /** {@link logFileMark} of what was shipped; empty before anything was. */
  readonly file: string;
  /** The last change number that PostgreSQL has. */
  readonly shipped: number;
  /** Id of the call that was inserted last of those that PostgreSQL has; null for none. */
  readonly newest: string | null;
  /** When it took something last, RFC 3339; null for never. */
  readonly at: string | null;
  /** Why it takes nothing now, one sentence; null while it does. */
  readonly fault: string | null;
}

/**
 * Tells a log from another one in its place, which was copied or made there; the same whatever device it
 * is mounted as.
 *
 * @throws what the file system says.
 */
export function logFileMark(dbPath: string): string {
  const { ino, birthtime } = Deno.statSync(dbPath);
  return `${ino ?? ""} ${birthtime?.toISOString() ?? ""}`;
}

/** The file, or null where there is none that can be read. */
export function readShippingState(dbPath: string): ShippingState | null {
  try {
    const state: ShippingState = JSON.parse(Deno.readTextFileSync(shippingFile(dbPath)));
    return typeof state.source === "string" && Number.isSafeInteger(state.shipped) ? state : null;
  } catch {
    return null;
  }
}

/**
 * The last change of this log that PostgreSQL has; 0 when what was shipped is another log's.
 *
 * @throws what the file system says of the log.
 */
export function shippedChange(
  dbPath: string,
  state: ShippingState | null = readShippingState(dbPath),
): number {
  return state !== null && state.file === logFileMark(dbPath) ? state.shipped : 0;
}

/** Writes it at one stroke. @throws what the file system says. */
export function writeShippingState(dbPath: string, state: ShippingState): void {
  const file = shippingFile(dbPath), fresh = `${file}.new`;
  Deno.writeTextFileSync(fresh, JSON.stringify(state), { mode: 0o600 });
  Deno.renameSync(fresh, file);
}

/** The file that whoever ships this log has locked. */
export function shippingLock(dbPath: string): string {
  return `${shippingFile(dbPath)}.lock`;
}

function shippingFile(dbPath: string): string {
  return `${realPath(dbPath).replace(/\.db$/, "")}.fleet`;
}
