/**
 * The bounds of the audit log. Each is tested at its value and past it.
 *
 * @module
 */

/** Sizes in bytes, counts in pieces, times in milliseconds. */
export const AUDIT_BOUNDS = Object.freeze({
  /** Bytes tapped but not yet on disk, at which the transport stops reading, unless set. */
  queuedBytes: 16 * 1024 * 1024,
  /** What a row weighs in `queuedBytes` beside its payloads. */
  rowOverheadBytes: 512,
  /** A batch is posted when its oldest event is this old, … */
  batchAgeMs: 20,
  /** … or it holds this many rows and completions, … */
  batchRows: 512,
  /** … or this many bytes. */
  batchBytes: 1024 * 1024,
  /** Bytes of used buffers that are kept for the next large payloads. */
  spareBytes: 4 * 1024 * 1024,
  /** Characters of a stored `detail`. */
  detailChars: 1000,
  /** Characters of a stored name: tool, agent, method, version, rule, text of a request id. */
  nameChars: 256,
  /** How long SQLite waits for another writer before a transaction counts as failed. */
  busyTimeoutMs: 5000,
  /** Pause between attempts to write a batch that could not be written. */
  retryMs: 250,
  /** How long `close` waits for what is not yet on disk: clients end a gateway after 2,000. */
  closeTimeoutMs: 1800,
  /** Rows that retention deletes in one transaction, so that batches never wait long for it. */
  retentionChunkRows: 250,
  /** Free pages that retention gives back in one transaction. */
  retentionChunkPages: 250,
  /** Pause between two runs of retention. */
  retentionEveryMs: 60 * 60 * 1000,
  /** A longer pause between two rows may be a clock that jumped, … */
  clockPauseMs: 24 * 60 * 60 * 1000,
  /** … until the log has gone on for this long by the new time. */
  clockTrustMs: 7 * 24 * 60 * 60 * 1000,
  /** Pause between two looks for changes while following. */
  followEveryMs: 200,
  /** Unfinished rows that following watches for their end; past it the oldest is forgotten. */
  followedRows: 1000,
});
