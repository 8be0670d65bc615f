/**
 * The audit worker: owns the one writing connection, so that no disk is ever waited for on the
 * line.
 *
 * Idle it costs nothing: it waits for messages, and for the hour of retention.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";
import { giveWay, threadData } from "../thread.ts";
import { isBusy, isFull, toAuditError } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import type { StoredFact } from "./facts.ts";
import { storedText } from "./large_payload.ts";
import { WaitingTools } from "./listed_tools.ts";
import type { AuditReport, AuditRequest, OpenRequest } from "./protocol.ts";
import type { RetentionLimits, Unshipped } from "./retention.ts";
import { shippedChange } from "./shipping_state.ts";
import { SpillBuffer } from "./spill_buffer.ts";
import { SpillIntake } from "./spill_intake.ts";
import { AuditStore } from "./store.ts";
import { WatchedStore } from "./watched_store.ts";

type WriteRequest = Extract<AuditRequest, { type: "write" }>;

type Timer = ReturnType<typeof setTimeout>;

/** Tells whoever has the line; the buffers go over to it. */
type Report = (report: AuditReport, buffers?: ArrayBuffer[]) => void;

/**
 * Writes batches in their order. Those that cannot be written are kept in memory and, where that can
 * be written, in a spill file, so that they outlive this process; they are tried again until they
 * are in the database. Between batches, checkpoints and retention are run.
 */
class AuditWorker {
  readonly #path: string;
  readonly #store: WatchedStore;
  readonly #report: Report;
  /** Batches that wait behind one that could not be written; empty while all is well. */
  readonly #held: SpillBuffer;
  readonly #intake: SpillIntake;
  /** Reason why the last attempts failed; null after one that did not, or while it may be brief. */
  #failing: string | null = null;
  /** When the first of attempts that found a lock was made. */
  #lockedSince: number | null = null;
  /** Attempts since then that failed for another reason: with the next, the files may be others. */
  #faults = 0;
  /** Pending attempts: to write what is held, to prove what was written, to take in what was spilled. */
  #retry: Timer | undefined;
  #proof: Timer | undefined;
  #chores: Timer | undefined;
  /** Tools that servers have listed, and when they are noted. */
  readonly #listed = new WaitingTools();
  #notes: Timer | undefined;
  /** What rows refer to that are still to come. */
  #facts: StoredFact[] = [];
  /** When to end; null while nobody has asked. */
  #closeAt: number | null = null;
  #closed = false;

  constructor({ path, durability }: OpenRequest, report: Report) {
    this.#path = path;
    this.#report = report;
    this.#store = new WatchedStore(
      (options) => new AuditStore(path, { durability, ...options }),
      (part) => report({ type: "displaced", part }),
    );
    this.#held = new SpillBuffer(path, durability);
    this.#intake = new SpillIntake(path, {
      onTaken: (file, records) => report({ type: "taken_in", file, records }),
      onUnreadable: (file, reason) => report({ type: "spill_unreadable", file, reason }),
    });
    this.#doChores();
  }

  receive(request: AuditRequest): void {
    if (request.type === "listed") return this.#noteTools(request);
    // It is stored with the rows that refer to it, which follow.
    if (request.type === "fact") return void this.#facts.push(request.fact);
    if (request.type === "close") {
      this.#closeAt = performance.now() + request.withinMs;
    } else {
      this.#hold(request);
    }
    // What cannot be written now is tried again soon: see #putOff.
    if (this.#retry === undefined || this.#closeAt !== null) this.#writeHeld();
  }

  #noteTools({ server, tools }: Extract<AuditRequest, { type: "listed" }>): void {
    this.#listed.add(server, tools);
    this.#notes ??= setTimeout(() => this.#writeListed(), AUDIT_BOUNDS.listedMs);
  }

  /** Not while calls wait to be written: they come first. */
  #writeListed(): void {
    clearTimeout(this.#notes);
    this.#notes = undefined;
    if (this.#closed || this.#retry !== undefined) return;
    try {
      for (const [server, tools] of this.#listed.take()) this.#store.noteTools(server, tools);
    } catch {
      // The next list says it again.
    }
  }

  /** Takes a batch in; large payloads go, and what is stored of them stays. */
  #hold(batch: WriteRequest): void {
    const large = [...batch.rows.large, ...batch.completions.large];
    const buffers = large.map(({ bytes }) => bytes!.buffer);
    large.forEach(storedText);
    if (buffers.length > 0) this.#report({ type: "spent", buffers }, buffers);
    this.#held.push(batch);
  }

  #writeHeld(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    for (let batch = this.#held.first; batch !== undefined; batch = this.#held.first) {
      try {
        this.#writeFacts();
        const calls = this.#store.write(batch);
        if (calls > 0) this.#report({ type: "rowless", calls });
      } catch (error) {
        return this.#putOff(error);
      }
      this.#held.shift();
      this.#recover();
      this.#report({ type: "stored", bytes: batch.bytes });
    }
    if (this.#closeAt !== null) this.#close();
    else this.#proveSoon();
  }

  #writeFacts(): void {
    if (this.#facts.length === 0) return;
    this.#store.noteFacts(this.#facts);
    this.#facts = [];
  }

  /** What is held goes into the spill file, and is tried again; what is brief is no failure. */
  #putOff(error: unknown): void {
    this.#held.spill();
    const now = performance.now();
    const isBrief = isBusy(error) ? this.#isBriefLock(now) : this.#faults++ === 0 && !isFull(error);
    if (!isBrief) this.#fail(reasonOf(error));
    if (this.#closeAt !== null && now >= this.#closeAt) return this.#close();
    const pauseMs = isBrief || this.#closeAt !== null
      ? AUDIT_BOUNDS.lockRetryMs
      : AUDIT_BOUNDS.retryMs;
    this.#retry = setTimeout(() => this.#writeHeld(), pauseMs);
  }

  #isBriefLock(now: number): boolean {
    this.#lockedSince ??= now;
    const { lockPatienceMs, indexPatienceMs } = AUDIT_BOUNDS;
    const isIndexing = now - this.#lockedSince >= lockPatienceMs && this.#store.lacksIndex;
    return now - this.#lockedSince < (isIndexing ? indexPatienceMs : lockPatienceMs);
  }

  #fail(reason: string): void {
    if (reason !== this.#failing) this.#report({ type: "failing", reason });
    this.#failing = reason;
  }

  #recover(): void {
    this.#lockedSince = null;
    this.#faults = 0;
    if (this.#failing !== null) this.#report({ type: "recovered" });
    this.#failing = null;
  }

  /** Has a checkpoint follow: at once when there is much to prove. */
  #proveSoon(): void {
    if (this.#store.unprovenBytes >= AUDIT_BOUNDS.proveBytes) return this.#prove();
    this.#proof ??= setTimeout(() => this.#prove(), AUDIT_BOUNDS.proveMs);
  }

  #prove(): void {
    clearTimeout(this.#proof);
    this.#proof = undefined;
    // What fails now fails with the next batch, too, which is told.
    if (this.#closed || this.#tryToProve() || this.#failing !== null) return;
    this.#proof = setTimeout(() => this.#prove(), AUDIT_BOUNDS.proveMs);
  }

  /** @returns Whether all that was written is in the database itself. */
  #tryToProve(): boolean {
    try {
      if (!this.#store.prove()) return false;
    } catch {
      return false;
    }
    this.#held.proven();
    this.#intake.proven();
    return true;
  }

  /** Puts in order what gateways have left that are gone. */
  #doChores(): void {
    if (this.#closed) return;
    try {
      this.#intake.run(this.#store);
      this.#store.closeOrphans();
    } catch {
      this.#chores = setTimeout(() => this.#doChores(), AUDIT_BOUNDS.proveMs);
    }
  }

  /** One run of retention, a step at a time, so that batches pass in between. */
  retain(limits: RetentionLimits): void {
    if (this.#closed) return;
    let deletedRows = 0;
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (error) {
        this.#report({ type: "retention_failed", reason: reasonOf(error) });
      }
    };
    attempt(() => {
      const steps = this.#store.retention(limits, Date.now(), this.#unshipped(limits));
      const step = () => {
        if (this.#closed) return;
        const { done, value } = steps.next();
        if (done) return this.#report({ type: "retention_done", deletedRows });
        deletedRows += value;
        setTimeout(() => attempt(step), 0);
      };
      step();
    });
  }

  /** What has to be kept; undefined where nothing is shipped. */
  #unshipped({ keepUnshippedRows }: RetentionLimits): Unshipped | undefined {
    if (keepUnshippedRows === undefined) return undefined;
    return {
      shipped: shippedChange(this.#path),
      onDeleted: (rows) => this.#report({ type: "deleted_unshipped", rows }),
    };
  }

  /** Builds the indices of a large database, one at a time, so that batches pass in between. */
  index(): void {
    if (this.#closed || !this.#store.lacksIndex) return;
    this.#report({ type: "indexing" });
    try {
      this.#store.buildIndex();
    } catch {
      // Another writer is at work, or the disk full: readers do without for a while.
    }
    setTimeout(() => this.index(), AUDIT_BOUNDS.indexAfterMs);
  }

  #close(): void {
    if (this.#failing === null) this.#writeListed();
    this.#closed = true;
    for (const timer of [this.#retry, this.#proof, this.#chores, this.#notes]) clearTimeout(timer);
    // Should a file be displaced, what is not proven goes into the one that is there.
    if (this.#store.unprovenBytes > 0) this.#tryToProve();
    const leftover = this.#held.close(() => this.#tryToProve());
    try {
      this.#store.close();
    } catch {
      // What is in the write-ahead log is there for the next start.
    }
    this.#report({ type: "closed", leftover });
  }
}

function open(request: OpenRequest): void {
  const { port, path, retention } = request;
  const report: Report = (report, buffers = []) => port.postMessage(report, buffers);
  try {
    const worker = new AuditWorker(request, report);
    port.onmessage = (event) => worker.receive(event.data);
    report({ type: "opened" });
    setTimeout(() => worker.retain(retention), 0);
    setTimeout(() => worker.index(), AUDIT_BOUNDS.indexAfterMs);
    setInterval(() => worker.retain(retention), AUDIT_BOUNDS.retentionEveryMs);
  } catch (error) {
    const { code, reason } = toAuditError(error, path);
    report({ type: "open_failed", code, reason });
  }
}

const request = await threadData<OpenRequest>();
// Each batch would else take a moment of the line, which has just posted it; or waits for it.
if (request.durability !== "strict") giveWay("by_waking");
open(request);
