/**
 * The audit log as the session sees it: a tap that never waits, and a few questions about it.
 *
 * @module
 */

import type { Log } from "../log.ts";
import type { SessionEvent, Tap } from "../session/record.ts";
import { toAuditError } from "./audit_error.ts";
import { AuditThread } from "./audit_thread.ts";
import { Batch } from "./batch.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { gatewayId } from "./gateway_id.ts";
import type { AuditReport } from "./protocol.ts";
import type { RetentionLimits } from "./retention.ts";
import type { Origin } from "./columns.ts";
import type { Durability } from "./schema.ts";
import { UnrecordedCalls } from "./unrecorded_calls.ts";
import { BatchWriter } from "./writer.ts";

/** Options of {@link AuditLog.open}. */
export interface AuditLogOptions extends RetentionLimits {
  /** The database. */
  readonly path: string;
  /** A payload of more bytes is cut down to this: see `large_payload.ts`. */
  readonly maxPayloadBytes: number;
  /** `strict`: a stage holds each call until it is {@link AuditLog.recorded}. */
  readonly durability: Durability;
  /** Bytes tapped but not yet on disk, at which the transport stops reading. */
  readonly queueBytes?: number;
  /** Whether traffic stops when the log cannot be written. */
  readonly required: boolean;
  readonly log: Log;
  /** The port of an audit thread that was started elsewhere; without it, one is started here. */
  readonly port?: MessagePort;
}

/**
 * One row a call, at most 50 ms behind, written on a worker.
 *
 * ```text
 * session ─► tap ─► Batch ──(20 ms, 512 rows or 1 MiB)──► worker ─► AuditStore ─► SQLite
 *                     ▲                                     │
 *                     └── pressure, failing ◄── stored ─────┘
 * ```
 *
 * Nothing is dropped while the log is `required`: the transport stops reading while
 * {@link pressure} is on, and calls are refused while {@link failing} says why.
 */
export class AuditLog {
  #batch = new Batch();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writer: BatchWriter | null = null;
  /** The thread that was started here. */
  #thread: AuditThread | null = null;
  #room: PromiseWithResolvers<void> | null = null;
  /** What whoever asks for {@link recorded} in this turn of the event loop gets. */
  #recorded: Promise<void> | null = null;
  readonly #unrecorded = new UnrecordedCalls();
  readonly #options: AuditLogOptions;
  readonly #queueBytes: number;

  private constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#queueBytes = options.queueBytes ?? AUDIT_BOUNDS.queuedBytes;
  }

  /**
   * Opens the database on the audit thread. Close the log, or the process does not end.
   *
   * @throws {AuditError} When the log is required and cannot be opened or migrated.
   */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const audit = new AuditLog(options);
    const { path, required, log } = options;
    const port = options.port ?? audit.#startThread();
    const writer = audit.#writer = new BatchWriter(path, port, (report) => audit.#onReport(report));
    try {
      await writer.opened;
    } catch (error) {
      audit.#writer = null;
      port.close();
      audit.#thread?.end();
      const failure = toAuditError(error, path);
      if (required) throw failure;
      log.warn(`NO CALL IS RECORDED. ${failure.message}`);
    }
    return audit;
  }

  /** The observer of a session; any number of them share this log. */
  tapFor(serverName: string, sessionId: string): Tap {
    const origin: Origin = { serverName, sessionId, gateway: gatewayId() };
    return (event) => this.#observe(event, origin);
  }

  /**
   * Reason why the log cannot be written now; null while it can, and always when it is not
   * required.
   */
  get failing(): string | null {
    return this.#options.required ? this.#writer?.failing ?? null : null;
  }

  /** Whether all that was tapped is on disk, so that neither timer nor report is awaited. */
  get isIdle(): boolean {
    return this.unstoredBytes === 0;
  }

  /** Bytes that were tapped and are not on disk yet. */
  get unstoredBytes(): number {
    return this.#batch.bytes + (this.#writer?.unstoredBytes ?? 0);
  }

  /**
   * Undefined while there is room; else resolves when there is. Read no more until then.
   *
   * A log that is not required holds nothing back once its writes fail.
   */
  pressure(): Promise<void> | undefined {
    if (this.unstoredBytes < this.#queueBytes || this.#isLenient()) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /**
   * Resolves when all that was tapped is on disk.
   *
   * @throws {AuditError} As soon as writes fail, when the log is required. What was tapped stays
   * queued and is written later.
   */
  async flush(): Promise<void> {
    this.#post();
    try {
      await this.#writer?.stored();
    } catch (error) {
      if (this.#options.required) throw error;
    }
  }

  /**
   * As {@link flush}, for all that is tapped in this turn of the event loop: many who ask share one
   * write.
   */
  recorded(): Promise<void> {
    return this.#recorded ??= Promise.resolve().then(() => {
      this.#recorded = null;
      return this.flush();
    });
  }

  /**
   * Writes what is left, for at most `timeoutMs`, and ends the thread it started; says what was not
   * written.
   */
  async close(timeoutMs: number = AUDIT_BOUNDS.closeTimeoutMs): Promise<void> {
    this.#post();
    const writer = this.#writer;
    this.#writer = null;
    await writer?.close(timeoutMs);
    this.#thread?.end();
    if (writer !== null && writer.unstoredBytes > 0) {
      this.#options.log.error("the audit log is incomplete: the end came before all was written", {
        unwritten_bytes: writer.unstoredBytes,
        reason: writer.failing ?? "the database is locked, or the disk too slow",
      });
    }
    this.#unrecorded.tell(this.#options.log);
    this.#room?.resolve();
  }

  /** The audit thread, started elsewhere, has ended by itself: from now on the log fails. */
  threadDied(reason: string): void {
    this.#writer?.died(reason);
  }

  #startThread(): MessagePort {
    const { path, durability, retentionDays, maxRows } = this.#options;
    this.#thread = new AuditThread(
      { path, durability, retention: { retentionDays, maxRows } },
      (reason) => this.threadDied(reason),
    );
    return this.#thread.port;
  }

  #observe(event: SessionEvent, origin: Origin): void {
    if (!("record" in event)) return;
    const { record } = event, { maxPayloadBytes } = this.#options;
    if (event.type === "call_started") {
      if (this.#mustDrop()) return this.#unrecorded.begin(record.id);
      this.#armTimer();
      this.#batch.start(event, origin, maxPayloadBytes);
    } else {
      if (this.#unrecorded.end(record.id)) return;
      this.#armTimer();
      this.#batch.end(event, maxPayloadBytes);
    }
    const { size, bytes } = this.#batch;
    if (size >= AUDIT_BOUNDS.batchRows || bytes >= AUDIT_BOUNDS.batchBytes) this.#post();
  }

  #armTimer(): void {
    if (this.#batch.size > 0) return;
    this.#timer = setTimeout(() => this.#post(), AUDIT_BOUNDS.batchAgeMs);
  }

  #post(): void {
    if (this.#batch.size === 0) return;
    clearTimeout(this.#timer);
    this.#writer?.post(this.#batch);
    this.#batch = new Batch();
  }

  /** Whether traffic goes on although the log is not written: the operator has chosen so. */
  #isLenient(): boolean {
    const writes = this.#writer !== null && this.#writer.failing === null;
    return !this.#options.required && !writes;
  }

  #mustDrop(): boolean {
    if (this.#writer === null) return true;
    return this.#isLenient() && this.unstoredBytes >= this.#queueBytes;
  }

  #onReport(report: AuditReport): void {
    const { log, path, required } = this.#options;
    switch (report.type) {
      case "failing":
        log[required ? "error" : "warn"]("the audit log cannot be written", {
          path,
          reason: report.reason,
          calls: required ? "refused until it can" : "GO ON, and may not be recorded",
        });
        break;
      case "recovered":
        log.warn("the audit log is written again", { path });
        this.#unrecorded.tell(log);
        break;
      case "reopened":
        log.warn("the audit log's file was removed or replaced; it goes on in a new one", { path });
        break;
      case "retention_done":
        if (report.deletedRows > 0) {
          log.info("audit retention", { deleted_rows: report.deletedRows });
        }
        break;
      case "retention_failed":
        log.warn("audit retention failed; it runs again in an hour", { reason: report.reason });
        break;
    }
    this.#makeRoom();
  }

  #makeRoom(): void {
    if (this.#room === null || this.pressure() !== undefined) return;
    this.#room.resolve();
    this.#room = null;
  }
}
