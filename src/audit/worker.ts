/**
 * The audit worker: owns the one writing connection, so that no disk is ever waited for on the
 * line.
 *
 * Idle it costs nothing: it waits for messages, and for the hour of retention.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { reasonOf } from "../errors.ts";
import { toAuditError } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { storedText } from "./large_payload.ts";
import type { AuditReport, AuditRequest, OpenRequest } from "./protocol.ts";
import type { RetentionLimits } from "./retention.ts";
import { AuditStore } from "./store.ts";

type WriteRequest = Extract<AuditRequest, { type: "write" }>;

/** Writes batches in their order, keeps those that fail, and runs retention between them. */
class AuditWorker {
  /** Batches that wait behind one that could not be written; empty while all is well. */
  readonly #held: WriteRequest[] = [];
  /** Reason why the last attempt failed; null after one that did not. */
  #failing: string | null = null;
  #closing = false;
  #closed = false;

  #store: AuditStore;

  /** @param open Opens the database, at the start and again when its file is another one. */
  constructor(
    readonly open: () => AuditStore,
    readonly report: (report: AuditReport, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#store = open();
    this.#store.closeOrphans();
  }

  receive(request: AuditRequest): void {
    if (request.type === "close") this.#closing = true;
    else this.#hold(request);
    if (this.#failing === null) this.#writeHeld();
  }

  /** Takes a batch in; large payloads go, and what is stored of them stays. */
  #hold(batch: WriteRequest): void {
    const large = [...batch.rows.large, ...batch.completions.large];
    const buffers = large.map(({ bytes }) => bytes!.buffer);
    large.forEach(storedText);
    if (buffers.length > 0) this.report({ type: "spent", buffers }, buffers);
    this.#held.push(batch);
  }

  #writeHeld(): void {
    for (let batch = this.#held[0]; batch !== undefined; batch = this.#held[0]) {
      try {
        if (this.#store.isDisplaced) this.#reopen();
        this.#store.write(batch.rows, batch.completions);
      } catch (error) {
        this.#fail(reasonOf(error));
        setTimeout(() => this.#writeHeld(), AUDIT_BOUNDS.retryMs);
        return;
      }
      this.#held.shift();
      this.#recover();
      this.report({ type: "stored", bytes: batch.bytes });
    }
    if (this.#closing) this.#close();
  }

  /** The file was removed or replaced: goes on in the one that is there, or in a new one. */
  #reopen(): void {
    const displaced = this.#store;
    this.#store = this.open();
    displaced.close();
    this.report({ type: "reopened" });
  }

  #fail(reason: string): void {
    if (reason !== this.#failing) this.report({ type: "failing", reason });
    this.#failing = reason;
  }

  #recover(): void {
    if (this.#failing !== null) this.report({ type: "recovered" });
    this.#failing = null;
  }

  /** One run of retention, a step at a time, so that batches pass in between. */
  retain(limits: RetentionLimits): void {
    if (this.#closed) return;
    const steps = this.#store.retention(limits, Date.now());
    let deletedRows = 0;
    const step = () => {
      if (this.#closed) return;
      try {
        const { done, value } = steps.next();
        if (done) return this.report({ type: "retention_done", deletedRows });
        deletedRows += value;
        setTimeout(step, 0);
      } catch (error) {
        this.report({ type: "retention_failed", reason: reasonOf(error) });
      }
    };
    step();
  }

  #close(): void {
    this.#closed = true;
    try {
      this.#store.close();
    } finally {
      this.report({ type: "closed" });
    }
  }
}

function open({ port, path, durability, retention }: OpenRequest): void {
  const report = (report: AuditReport, transfer: ArrayBuffer[] = []) =>
    port.postMessage(report, transfer);
  try {
    const worker = new AuditWorker(() => new AuditStore(path, { durability }), report);
    port.onmessage = (event) => worker.receive(event.data);
    report({ type: "opened" });
    setTimeout(() => worker.retain(retention), 0);
    setInterval(() => worker.retain(retention), AUDIT_BOUNDS.retentionEveryMs);
  } catch (error) {
    const { code, reason } = toAuditError(error, path);
    report({ type: "open_failed", code, reason });
  }
}

open(workerData as OpenRequest);
