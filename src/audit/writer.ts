/**
 * The audit log's end of the worker: posts batches, knows what is on disk and what is not.
 *
 * @module
 */

import { AuditError } from "./audit_error.ts";
import type { Batch } from "./batch.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import type { StoredFact } from "./facts.ts";
import { reuse } from "./large_payload.ts";
import type { ListedTool } from "../session/facts.ts";
import type { AuditReport, AuditRequest, Leftover } from "./protocol.ts";
import { buffersOf, type StoredBatch } from "./stored_rows.ts";

/** Called with each report once it has been taken in. */
export type ReportListener = (report: AuditReport) => void;

/** Somebody who waits until a number of batches is on disk. */
interface Waiter {
  readonly batches: number;
  readonly done: PromiseWithResolvers<void>;
}

/** Batches on their way to an audit thread, and what became of them. */
export class BatchWriter {
  /** Reason why batches cannot be written now; null while they can. */
  failing: string | null = null;
  /** Bytes that were posted and are not on disk yet. */
  unstoredBytes = 0;
  /** Batches that were posted while writes failed, and are not on disk yet. */
  readonly #kept: StoredBatch[] = [];
  #postedBatches = 0;
  #storedBatches = 0;
  #waiters: Waiter[] = [];
  /** Watches that the thread does something, while there is something to do. */
  #watch: ReturnType<typeof setTimeout> | undefined;
  #isStalled = false;
  /** Until when the thread may be silent, for it builds an index. */
  #indexingUntil = -Infinity;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<Leftover | null>();

  /**
   * @param path The database, for messages.
   * @param port Where an audit thread reports and takes batches.
   * @param stallMs How long the thread may store nothing of what it has.
   */
  constructor(
    readonly path: string,
    readonly port: MessagePort,
    readonly onReport: ReportListener,
    readonly stallMs: number = AUDIT_BOUNDS.stallMs,
  ) {
    port.onmessage = ({ data }: MessageEvent<AuditReport>) => this.#take(data);
  }

  /**
   * Resolves when the database is open.
   *
   * @throws {AuditError} When it cannot be opened or migrated.
   */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /**
   * Batches that may not be on disk, should the thread be dead: those that were posted since it is
   * known to fail. Of the others the thread has the only copy.
   */
  get kept(): readonly StoredBatch[] {
    return this.#kept;
  }

  /** The thread has ended by itself: nothing more will be written. */
  died(reason: string): void {
    this.#opened.reject(new AuditError("unavailable", this.path, reason));
    this.#take({ type: "failing", reason });
    this.#closed.resolve(null);
  }

  /** Posts a batch; never waits. */
  post({ rows, completions, bytes }: Batch): void {
    this.#postedBatches++;
    this.unstoredBytes += bytes;
    const batch = { rows, completions, bytes };
    this.#watch ??= this.#watchFrom(this.#storedBatches);
    const large = [...rows.large, ...completions.large].map(({ bytes }) => bytes!.buffer);
    if (this.failing === null) {
      this.#send({ type: "write", ...batch }, [...large, ...buffersOf(batch)]);
    } else {
      this.#kept.push(batch);
      this.#send({ type: "write", ...batch }, large);
    }
  }

  /** Notes the tools that a server has listed; nobody waits for that. */
  noteTools(server: string, tools: readonly ListedTool[]): void {
    if (this.failing === null) this.#send({ type: "listed", server, tools }, []);
  }

  /** Notes what rows refer to that are posted later. */
  noteFact(fact: StoredFact): void {
    this.#send({ type: "fact", fact }, []);
  }

  /**
   * Resolves when all that was posted is on disk.
   *
   * @throws {AuditError} `write_failing`, as soon as writes fail.
   */
  stored(): Promise<void> {
    if (this.#storedBatches === this.#postedBatches) return Promise.resolve();
    if (this.failing !== null) return Promise.reject(this.#failure(this.failing));
    const waiter = { batches: this.#postedBatches, done: Promise.withResolvers<void>() };
    this.#waiters.push(waiter);
    return waiter.done.promise;
  }

  /**
   * Waits until all is on disk and the database is closed, or the time is over.
   *
   * @returns What was not stored; null when the thread does not say.
   */
  async close(timeoutMs: number): Promise<Leftover | null> {
    const withinMs = Math.max(0, timeoutMs - AUDIT_BOUNDS.closeMarginMs);
    this.#send({ type: "close", withinMs });
    const timer = setTimeout(() => this.#closed.resolve(null), timeoutMs);
    const leftover = await this.#closed.promise;
    clearTimeout(timer);
    clearTimeout(this.#watch);
    this.port.close();
    return leftover;
  }

  #take(report: AuditReport): void {
    if (report.type === "opened") {
      this.#opened.resolve();
    } else if (report.type === "open_failed") {
      this.#opened.reject(new AuditError(report.code, this.path, report.reason));
    } else if (report.type === "spent") {
      reuse(report.buffers);
    } else if (report.type === "stored") {
      this.#noteStored(report.bytes);
    } else if (report.type === "indexing") {
      this.#indexingUntil = performance.now() + AUDIT_BOUNDS.indexPatienceMs;
    } else if (report.type === "failing") {
      this.#fail(report.reason);
    } else if (report.type === "recovered") {
      this.failing = null;
    } else if (report.type === "closed") {
      this.#closed.resolve(report.leftover);
    }
    this.onReport(report);
  }

  #noteStored(bytes: number): void {
    this.#storedBatches++;
    this.#indexingUntil = -Infinity;
    // They are stored in their order, so what was kept comes last.
    if (this.#postedBatches - this.#storedBatches < this.#kept.length) this.#kept.shift();
    this.unstoredBytes -= bytes;
    this.#settle((waiter) => waiter.batches <= this.#storedBatches, (done) => done.resolve());
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#take({ type: "recovered" });
  }

  #fail(reason: string): void {
    this.failing = reason;
    const failure = this.#failure(reason);
    this.#settle(() => true, (done) => done.reject(failure));
  }

  /** A thread that hangs in the middle of a write does not say that it fails. */
  #watchFrom(stored: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#watch = undefined;
      if (this.#storedBatches === this.#postedBatches) return;
      const isStuck = stored === this.#storedBatches && this.failing === null &&
        performance.now() > this.#indexingUntil;
      this.#isStalled ||= isStuck;
      if (isStuck) this.#take({ type: "failing", reason: "the disk does not answer" });
      this.#watch = this.#watchFrom(this.#storedBatches);
    }, this.stallMs);
  }

  #settle(
    isDue: (waiter: Waiter) => boolean,
    settle: (done: PromiseWithResolvers<void>) => void,
  ): void {
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter(isDue);
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter));
    for (const { done } of due) settle(done);
  }

  #failure(reason: string): AuditError {
    return new AuditError("write_failing", this.path, reason);
  }

  #send(request: AuditRequest, transfer: Transferable[] = []): void {
    this.port.postMessage(request, transfer);
  }
}
