/**
 * The messages between the audit log and its worker, over one `MessagePort`.
 *
 * @module
 */

import type { AuditErrorCode } from "./audit_error.ts";
import type { PackedRows } from "./batch.ts";
import type { StoredFact } from "./facts.ts";
import type { ListedTool } from "../session/facts.ts";
import type { Packed } from "./packed.ts";
import type { RetentionLimits } from "./retention.ts";
import type { Durability } from "./schema.ts";
import type { DisplacedPart } from "./watched_files.ts";

/** Data that the worker is started with; its port takes all that follows. */
export interface OpenRequest {
  readonly port: MessagePort;
  readonly path: string;
  readonly durability: Durability;
  readonly retention: RetentionLimits;
}

/** To the worker. Batches are written in the order in which they came. */
export type AuditRequest =
  | {
    readonly type: "write";
    readonly rows: PackedRows;
    readonly completions: Packed;
    readonly bytes: number;
  }
  /** A server has listed tools. */
  | { readonly type: "listed"; readonly server: string; readonly tools: readonly ListedTool[] }
  /** Something that rows refer to which follow. */
  | { readonly type: "fact"; readonly fact: StoredFact }
  /** Ends in so many milliseconds at the latest. What cannot be stored by then is spilled. */
  | { readonly type: "close"; readonly withinMs: number };

/** From the worker. */
export type AuditReport =
  | { readonly type: "opened" }
  /** Buffers of large payloads that have been read. */
  | { readonly type: "spent"; readonly buffers: readonly ArrayBuffer[] }
  | { readonly type: "open_failed"; readonly code: AuditErrorCode; readonly reason: string }
  /** The oldest batch that was not stored yet is on disk. */
  | { readonly type: "stored"; readonly bytes: number }
  /** An index of a large database is built: nothing else is heard until it is. */
  | { readonly type: "indexing" }
  /** A batch could not be written; it is kept and tried again. */
  | { readonly type: "failing"; readonly reason: string }
  /** A file of the database was removed or replaced, and is another one now. */
  | { readonly type: "displaced"; readonly part: DisplacedPart }
  /** Calls have ended whose rows are not there. */
  | { readonly type: "rowless"; readonly calls: number }
  /** Records that another gateway could not store are in the database now. */
  | { readonly type: "taken_in"; readonly file: string; readonly records: number }
  | { readonly type: "spill_unreadable"; readonly file: string; readonly reason: string }
  /** Batches can be written again. */
  | { readonly type: "recovered" }
  | { readonly type: "retention_done"; readonly deletedRows: number }
  /** Among them rows that the fleet's PostgreSQL does not have: the log had too many. */
  | { readonly type: "deleted_unshipped"; readonly rows: number }
  | { readonly type: "retention_failed"; readonly reason: string }
  | { readonly type: "closed"; readonly leftover: Leftover };

/** Records that were not stored when the log was closed. */
export interface Leftover {
  /** The spill file that holds them, and how many batches; null when there is none. */
  readonly spill: { readonly file: string; readonly batches: number } | null;
  /** Bytes of those that are nowhere. */
  readonly lostBytes: number;
}
