/**
 * The audit log's end of the worker: posts batches, knows what is on disk and what is not.
 *
 * @module
 */

import { AuditError } from "./audit_error.ts";
import type { Batch } from "./batch.ts";
import { reuse } from "./large_payload.ts";
import type { AuditReport, AuditRequest } from "./protocol.ts";

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
  #postedBatches = 0;
  #storedBatches = 0;
  #waiters: Waiter[] = [];
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();

  /**
   * @param path The database, for messages.
   * @param port Where an audit thread reports and takes batches.
   */
  constructor(
    readonly path: string,
    readonly port: MessagePort,
    readonly onReport: ReportListener,
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

  /** The thread has ended by itself: nothing more will be written. */
  died(reason: string): void {
    this.#opened.reject(new AuditError("unavailable", this.path, reason));
    this.#take({ type: "failing", reason });
    this.#closed.resolve();
  }

  /** Posts a batch; never waits. */
  post({ rows, completions, bytes }: Batch): void {
    this.#postedBatches++;
    this.unstoredBytes += bytes;
    const large = [...rows.large, ...completions.large];
    this.#send(
      { type: "write", rows, completions, bytes },
      large.map(({ bytes }) => bytes!.buffer),
    );
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

  /** Waits until all is on disk and the database is closed, or the time is over. */
  async close(timeoutMs: number): Promise<void> {
    this.#send({ type: "close" });
    const timer = setTimeout(this.#closed.resolve, timeoutMs);
    await this.#closed.promise;
    clearTimeout(timer);
    this.port.close();
  }

  #take(report: AuditReport): void {
    if (report.type === "opened") {
      this.#opened.resolve();
    } else if (report.type === "open_failed") {
      this.#opened.reject(new AuditError(report.code, this.path, report.reason));
    } else if (report.type === "spent") {
      reuse(report.buffers);
    } else if (report.type === "stored") {
      this.#storedBatches++;
      this.unstoredBytes -= report.bytes;
      this.#settle((waiter) => waiter.batches <= this.#storedBatches, (done) => done.resolve());
    } else if (report.type === "failing") {
      this.failing = report.reason;
      const failure = this.#failure(report.reason);
      this.#settle(() => true, (done) => done.reject(failure));
    } else if (report.type === "recovered") {
      this.failing = null;
    } else if (report.type === "closed") {
      this.#closed.resolve();
    }
    this.onReport(report);
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
