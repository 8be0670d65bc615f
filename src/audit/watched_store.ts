/**
 * A store that survives what others do to its files while it is open.
 *
 * @module
 */

import { forgetOldest } from "../oldest.ts";
import { isBusy, isFull } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { keyOfFact, type StoredFact } from "./facts.ts";
import { gatewayId } from "./gateway_id.ts";
import type { ListedTool } from "../session/facts.ts";
import type { RetentionLimits, Unshipped } from "./retention.ts";
import type { AuditStore } from "./store.ts";
import { releaseBatch, storedBytes } from "./stored_rows.ts";
import type { StoredBatch, StoredEntry, StoredRow } from "./stored_rows.ts";
import type { DisplacedPart } from "./watched_files.ts";

/** Opens the database: at the start, and again when its files are others. */
export type OpenStore = (options?: { readonly timeoutMs: number }) => AuditStore;

/**
 * Writes to the files that are there. What is in the write-ahead log alone is lost when that is
 * removed and the process killed, so each batch is kept until a checkpoint has proven that it is in
 * the database itself; when a file is another one, the kept ones are written again. A row that is
 * there already stays one row.
 */
export class WatchedStore {
  readonly #open: OpenStore;
  readonly #onDisplaced: (part: DisplacedPart) => void;
  /** Null while the old files are gone and new ones cannot be opened. */
  #store: AuditStore | null;
  /** What was displaced and not told yet. */
  #displaced: DisplacedPart | null = null;
  /** Batches that no checkpoint has proven, oldest first. */
  #unproven: StoredBatch[] = [];
  #unprovenBytes = 0;
  /** What rows refer to, for a database that takes this one's place. */
  readonly #facts = new Map<string, StoredFact>();
  /** Rows of open calls from a database that was removed. */
  #carried: StoredRow[] = [];
  /** Whether what is kept may not be in the files that are there now. */
  #isInQuestion = false;
  /** Whether the connection itself has failed. */
  #isBroken = false;

  /** @throws {AuditError} When the database cannot be opened or migrated. */
  constructor(open: OpenStore, onDisplaced: (part: DisplacedPart) => void) {
    this.#open = open;
    this.#onDisplaced = onDisplaced;
    this.#store = open();
  }

  /** Bytes of batches that no checkpoint has proven yet. */
  get unprovenBytes(): number {
    return this.#unprovenBytes;
  }

  /**
   * Writes a batch: all of it, or, when this throws, nothing.
   *
   * @returns The number of completions whose row is not there.
   */
  write(batch: StoredBatch): number {
    const rowless = this.#do((store) => store.write(batch.rows, batch.completions));
    this.#unproven.push(batch);
    this.#unprovenBytes += storedBytes(batch);
    while (this.#unprovenBytes > AUDIT_BOUNDS.unprovenBytes && this.#unproven.length > 1) {
      const oldest = this.#unproven.shift()!;
      this.#unprovenBytes -= storedBytes(oldest);
      releaseBatch(oldest);
    }
    return rowless;
  }

  /** Adds what comes from elsewhere; whoever has it keeps it until {@link prove} is true. */
  add(entries: Iterable<StoredEntry>): void {
    this.#do((store) => store.patiently(AUDIT_BOUNDS.reopenTimeoutMs, () => store.add(entries)));
  }

  /** Ends the open rows whose writer is gone. */
  closeOrphans(): void {
    this.#do((store) => store.patiently(AUDIT_BOUNDS.reopenTimeoutMs, () => store.closeOrphans()));
  }

  /** Notes the tools that a server has listed. */
  noteTools(server: string, tools: readonly ListedTool[]): void {
    this.#do((store) => store.noteTools(server, tools));
  }

  /** Stores what rows refer to: all of it, or, when this throws, nothing. */
  noteFacts(facts: readonly StoredFact[]): void {
    this.#do((store) => store.noteFacts(facts));
    for (const fact of facts) this.#facts.set(keyOfFact(fact), fact);
    forgetOldest(this.#facts, AUDIT_BOUNDS.keptFacts);
  }

  /** Whether an index is missing; somebody may be building it, and hold the lock meanwhile. */
  get lacksIndex(): boolean {
    try {
      return this.#store?.lacksIndex ?? false;
    } catch {
      return false;
    }
  }

  /** Builds one index that is missing. */
  buildIndex(): void {
    this.#do((store) => store.buildIndex());
  }

  /** One run of retention; see `retentionSteps`. */
  retention(
    limits: RetentionLimits,
    now: number,
    unshipped?: Unshipped,
  ): Generator<number, void, void> {
    return this.#do((store) => store.retention(limits, now, unshipped));
  }

  /**
   * Has a checkpoint prove that all that was written is in the database itself.
   *
   * @returns Whether it is; when it is not, somebody reads an older state of it.
   */
  prove(): boolean {
    const isProven = this.#do((store) => store.checkpoint());
    if (isProven) {
      this.#unproven.forEach(releaseBatch);
      this.#unproven = [];
      this.#unprovenBytes = 0;
    }
    return isProven;
  }

  /** Closes the connection. */
  close(): void {
    this.#store?.close();
    this.#store = null;
  }

  /** Does something with a connection to the files that are there now. */
  #do<T>(work: (store: AuditStore) => T): T {
    const part = this.#store?.displaced() ?? null;
    if (this.#store === null || part !== null || this.#isBroken) this.#openAgain(part);
    const store = this.#store!;
    try {
      if (this.#isInQuestion) this.#writeAgain(store);
      return work(store);
    } catch (error) {
      // A log that was cut under a connection makes it fail for good.
      this.#isBroken = !isBusy(error) && !isFull(error);
      throw error;
    }
  }

  #openAgain(part: DisplacedPart | null): void {
    this.#displaced = part ?? this.#displaced;
    if (part === "database") this.#carry(this.#store!);
    // Two connections of one process to one file would share what was displaced.
    this.#store?.abandon();
    this.#store = null;
    this.#store = this.#open({ timeoutMs: AUDIT_BOUNDS.reopenTimeoutMs });
    this.#isInQuestion = true;
    this.#isBroken = false;
    if (this.#displaced !== null) this.#onDisplaced(this.#displaced);
    this.#displaced = null;
  }

  /** The calls that are open will be completed in the new file: they need their rows there. */
  #carry(store: AuditStore): void {
    try {
      this.#carried.push(...store.openRows(gatewayId()));
    } catch {
      // It cannot be read any more; completions without a row are told of.
    }
  }

  #writeAgain(store: AuditStore): void {
    if (this.#facts.size > 0) store.noteFacts([...this.#facts.values()]);
    store.add(this.#carried.map((row) => ({ row })));
    for (const { rows, completions } of this.#unproven) store.write(rows, completions);
    this.#carried = [];
    this.#isInQuestion = false;
  }
}
