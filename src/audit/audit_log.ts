/**
 * The audit log as the session sees it: a tap that never waits, and a few questions about it.
 *
 * @module
 */

import type { Log } from "../log.ts";
import type { Fact, ListedTool } from "../session/facts.ts";
import type { SessionEvent, Tap } from "../session/record.ts";
import { toAuditError } from "./audit_error.ts";
import { AuditThread } from "./audit_thread.ts";
import { Batch } from "./batch.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import type { Origin } from "./columns.ts";
import { gatewayId } from "./gateway_id.ts";
import { tellLeftover, tellReport, tellUnrecorded } from "./log_lines.ts";
import type { AuditReport, Leftover } from "./protocol.ts";
import type { RetentionLimits } from "./retention.ts";
import type { Durability } from "./schema.ts";
import { SpillBuffer } from "./spill_buffer.ts";
import { UnrecordedCalls } from "./unrecorded_calls.ts";
import { BatchWriter } from "./writer.ts";

/** Options of {@link AuditLog.open}. */
export interface AuditLogOptions {
  /** The database. */
  readonly path: string;
  /** A payload of more bytes is cut down to this: see `large_payload.ts`. */
  readonly maxPayloadBytes: number;
  /** `strict`: a stage holds each call until it is {@link AuditLog.recorded}. */
  readonly durability: Durability;
  /** Bytes tapped but not yet on disk, at which the transport stops reading. */
  readonly queueBytes?: number;
  readonly retention: RetentionLimits;
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
 * The transport stops reading while {@link pressure} is on, and calls are refused while
 * {@link failing} says why; then reading goes on, and a refused call leaves a record without
 * payloads. After thousands of them, calls are counted, and one record stands for all.
 */
export class AuditLog {
  readonly #batch = new Batch();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writer: BatchWriter | null = null;
  /** The thread that was started here. */
  #thread: AuditThread | null = null;
  #room: PromiseWithResolvers<void> | null = null;
  /** What whoever asks for {@link recorded} in this turn of the event loop gets. */
  #recorded: Promise<void> | null = null;
  readonly #unrecorded: UnrecordedCalls;
  /** Calls so far that have no record of their own. */
  unrecordedCalls = 0;
  /** Records without payloads since the log began to fail. */
  #leanRecords = 0;
  /** A gateway has one log, and this one start. */
  readonly #run = crypto.randomUUID();
  readonly #options: AuditLogOptions;
  readonly #queueBytes: number;

  private constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#queueBytes = options.queueBytes ?? AUDIT_BOUNDS.queuedBytes;
    this.#unrecorded = new UnrecordedCalls(options.required);
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
    const origin: Origin = { serverName, sessionId, gateway: gatewayId(), run: this.#run };
    return (event) => this.#observe(event, origin);
  }

  /** Notes the tools that a server has listed. */
  noteTools(server: string, tools: readonly ListedTool[]): void {
    this.#writer?.noteTools(server, tools);
  }

  /** Notes what calls refer to that are tapped later. */
  noteFact(fact: Fact): void {
    this.#writer?.noteFact({ ...fact, run: this.#run, at: Date.now() });
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
   * A log that cannot be written holds nothing back: refusals and ends have to be seen.
   */
  pressure(): Promise<void> | undefined {
    if (this.unstoredBytes < this.#queueBytes || !this.#isWriting) return undefined;
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
   * Writes what is left, for at most `timeoutMs`, and ends the thread it started. What cannot be
   * written waits in a spill file for the next start.
   *
   * @returns Whether every record that the log is required to keep is in it.
   */
  async close(timeoutMs: number = AUDIT_BOUNDS.closeTimeoutMs): Promise<boolean> {
    this.#standIn();
    this.#post();
    const writer = this.#writer;
    this.#writer = null;
    const leftover = writer === null
      ? NOTHING
      : await writer.close(timeoutMs) ?? this.#spill(writer);
    this.#thread?.end();
    const reason = writer?.failing ?? "the database is locked, or the disk too slow";
    tellLeftover(leftover, reason, this.#options);
    this.#room?.resolve();
    const isWhole = leftover.lostBytes === 0 && leftover.spill === null;
    return isWhole || !this.#options.required;
  }

  /** The audit thread does not answer: what it may not have stored is spilled here. */
  #spill(writer: BatchWriter): Leftover {
    const { path, durability } = this.#options, batches = new SpillBuffer(path, durability);
    writer.kept.forEach((batch) => batches.push(batch));
    const keptBytes = writer.kept.reduce((sum, { bytes }) => sum + bytes, 0);
    const { spill, lostBytes } = batches.close(() => false);
    return { spill, lostBytes: lostBytes + writer.unstoredBytes - keptBytes };
  }

  /** The audit thread, started elsewhere, has ended by itself: from now on the log fails. */
  threadDied(reason: string): void {
    this.#writer?.died(reason);
  }

  #startThread(): MessagePort {
    const { path, durability, retention } = this.#options;
    this.#thread = new AuditThread(
      { path, durability, retention },
      (reason) => this.threadDied(reason),
    );
    return this.#thread.port;
  }

  #observe(event: SessionEvent, origin: Origin): void {
    if (event.type === "tools_listed") return this.noteTools(origin.serverName, event.tools);
    if (!("record" in event)) return;
    const { record } = event, { maxPayloadBytes } = this.#options;
    if (event.type === "call_started") {
      const payloadBytes = this.#isWriting ? maxPayloadBytes : this.#payloadBytesOfNew();
      if (payloadBytes === null) {
        this.unrecordedCalls++;
        return this.#unrecorded.begin(record, origin);
      }
      this.#armTimer();
      this.#batch.start(event, origin, payloadBytes);
    } else {
      if (this.#unrecorded.end(record.id)) return;
      this.#armTimer();
      this.#batch.end(event, this.#isWriting ? maxPayloadBytes : this.#payloadBytesOfEnd());
    }
    const { size, bytes } = this.#batch;
    if (size >= AUDIT_BOUNDS.batchRows || bytes >= AUDIT_BOUNDS.batchBytes) this.#post();
  }

  /** Whether the log can be written, as far as is known. */
  get #isWriting(): boolean {
    return this.#writer !== null && this.#writer.failing === null;
  }

  /**
   * Bytes that are kept of the payload of a call that begins while the log cannot be written: all
   * of it where the call goes on, while there is room, else none; null when it is only counted.
   */
  #payloadBytesOfNew(): number | null {
    const { required, maxPayloadBytes } = this.#options;
    if (this.#writer === null) return null;
    if (!required && this.unstoredBytes < this.#queueBytes) return maxPayloadBytes;
    return this.#leanRecords++ < AUDIT_BOUNDS.leanRecords ? 0 : null;
  }

  /** The same of a call that ends. Those that began before are kept whole for long. */
  #payloadBytesOfEnd(): number {
    const { required, maxPayloadBytes } = this.#options;
    const room = this.#queueBytes * (required ? AUDIT_BOUNDS.failingQueues : 1);
    return this.unstoredBytes < room ? maxPayloadBytes : 0;
  }

  #armTimer(): void {
    if (this.#batch.size > 0) return;
    this.#timer = setTimeout(() => this.#post(), AUDIT_BOUNDS.batchAgeMs);
  }

  #post(): void {
    if (this.#batch.size === 0) return;
    clearTimeout(this.#timer);
    this.#writer?.post(this.#batch);
    this.#batch.clear();
  }

  /** Has one record stand for all calls that have none, and says how many there were. */
  #standIn(): void {
    const standIn = this.#unrecorded.take();
    if (standIn === null) return;
    tellUnrecorded(standIn.calls, this.#options);
    if (this.#writer === null) return;
    const report = { record: standIn.record, handle: {} };
    this.#armTimer();
    this.#batch.start(report, standIn.origin, 0);
    this.#batch.end(report, 0);
  }

  #onReport(report: AuditReport): void {
    tellReport(report, this.#options);
    if (report.type === "recovered") this.#standIn();
    if (this.#isWriting && this.unstoredBytes < this.#queueBytes) this.#leanRecords = 0;
    this.#makeRoom();
  }

  #makeRoom(): void {
    if (this.#room === null || this.pressure() !== undefined) return;
    this.#room.resolve();
    this.#room = null;
  }
}

const NOTHING: Leftover = Object.freeze({ spill: null, lostBytes: 0 });
