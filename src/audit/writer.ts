/**
 * The audit log's end of the worker: posts batches, knows what is on disk and what is not.
 *
 * @module
 */

import { receiveMessageOnPort } from "node:worker_threads";
import { AuditError } from "./audit_error.ts";
import type { Batch } from "./batch.ts";
import type { AuditReport, AuditRequest, OpenRequest } from "./protocol.ts";

/** Called with each report once it has been taken in. */
export type ReportListener = (report: AuditReport) => void;

/** Somebody who waits until a number of batches is on disk. */
interface Waiter {
  readonly batches: number;
  readonly done: PromiseWithResolvers<void>;
}

/** A running audit worker. */
export class BatchWriter {
  /** Why batches cannot be written now; null while they can. */
  failing: string | null = null;
  /** Bytes that were posted and are not on disk yet. */
  unstoredBytes = 0;
  #postedBatches = 0;
  #storedBatches = 0;
  #waiters: Waiter[] = [];
  readonly #closed = Promise.withResolvers<void>();

  private constructor(
    readonly path: string,
    readonly onReport: ReportListener,
    readonly worker: Worker,
    readonly port: MessagePort,
  ) {}

  /**
   * Starts the worker and waits until it has the database open.
   *
   * @throws {AuditError} When the database cannot be opened or migrated.
   */
  static async start(
    request: Omit<OpenRequest, "port">,
    onReport: ReportListener,
  ): Promise<BatchWriter> {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const writer = new BatchWriter(request.path, onReport, worker, port1);
    const opened = Promise.withResolvers<void>();
    worker.onerror = (event) => {
      event.preventDefault(); // this thread goes on, and fails closed
      opened.reject(new AuditError("unavailable", request.path, event.message));
      writer.#take({ type: "failing", reason: `the audit worker ended: ${event.message}` });
      writer.#closed.resolve();
    };
    port1.onmessage = (event: MessageEvent<AuditReport>) => {
      const report = event.data;
      if (report.type === "opened") return opened.resolve();
      const { code, reason } = report as Extract<AuditReport, { type: "open_failed" }>;
      opened.reject(new AuditError(code, request.path, reason));
    };
    worker.postMessage({ ...request, port: port2 } satisfies OpenRequest, [port2]);
    try {
      await opened.promise;
    } catch (error) {
      writer.#end();
      throw error;
    }
    port1.onmessage = (event: MessageEvent<AuditReport>) => writer.#take(event.data);
    return writer;
  }

  /** Posts a batch; never waits. */
  post({ rows, completions, bytes }: Batch): void {
    this.#postedBatches++;
    this.unstoredBytes += bytes;
    this.#send({ type: "write", rows, completions, bytes });
  }

  /** Takes in what the worker has reported, for a thread that is not in its event loop. */
  poll(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.port as never) as
        | { message: AuditReport }
        | undefined;
      if (received === undefined) return;
      this.#take(received.message);
    }
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

  /** Waits until all is on disk and the database is closed, or the time is over; ends the worker. */
  async close(timeoutMs: number): Promise<void> {
    this.#send({ type: "close" });
    const timer = setTimeout(this.#closed.resolve, timeoutMs);
    await this.#closed.promise;
    clearTimeout(timer);
    this.#end();
  }

  #take(report: AuditReport): void {
    if (report.type === "stored") {
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

  #send(request: AuditRequest): void {
    this.port.postMessage(request);
  }

  #end(): void {
    this.port.close();
    this.worker.terminate();
  }
}
