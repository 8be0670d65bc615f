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
  /** Records without payloads that are kept of calls while the log cannot be written, … */
  leanRecords: 4096,
  /** … and how far beyond `queuedBytes` the records of earlier calls keep their payloads then. */
  failingQueues: 4,
  /** Rows up to which a start builds missing indices itself: some 20 ms of work. */
  smallRows: 20_000,
  /** Pause from a list of tools to its noting: lists that come meanwhile are noted with it. */
  listedMs: 250,
  /** Facts that rows refer to which are kept for a database that takes the place of this one. */
  keptFacts: 1024,
  /** Pause from the start to the building of those of a larger database. */
  indexAfterMs: 3000,
  /** How long a lock counts as brief, and a silent thread as well, while an index is missing. */
  indexPatienceMs: 120_000,
  /** How long opening the database waits for another writer, … */
  busyTimeoutMs: 5000,
  /** … and opening it again, with batches waiting. */
  reopenTimeoutMs: 200,
  /** How long a transaction waits for another writer: the thread hears nothing meanwhile. */
  lockWaitMs: 25,
  /** Pause until it is tried again, … */
  lockRetryMs: 10,
  /** … and how long that goes on before the log counts as failing. */
  lockPatienceMs: 5000,
  /** Pause between attempts to write a batch that could not be written. */
  retryMs: 250,
  /** How long the audit thread may store nothing of what it has before the log counts as failing. */
  stallMs: 10_000,
  /** How long a batch may be in the write-ahead log alone, … */
  proveMs: 1000,
  /** … and how many bytes of batches. */
  proveBytes: 8 * 1024 * 1024,
  /** Bytes of such batches that are kept to be written again; past it the oldest are let go. */
  unprovenBytes: 16 * 1024 * 1024,
  /** How long `close` waits for what is not yet on disk: clients end a gateway after 2,000. */
  closeTimeoutMs: 1800,
  /** What of that time is left to whoever closes, should the audit thread not answer. */
  closeMarginMs: 300,
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
