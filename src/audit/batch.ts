/**
 * Rows and ends that were tapped since the last post to the worker.
 *
 * @module
 */

import type { CallHandle, CallRecord, CallReport } from "../session/record.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { type Packed, Packer } from "./packed.ts";
import { END, type Origin, sessionValues, START, type Value } from "./columns.ts";

/** Cells of one row: its start part, then its end part. */
export const ROW_CELLS: number = START.cells + END.cells;

/** Cells of one completion: the end part, then the id of its row. */
export const COMPLETION_CELLS: number = END.cells + 1;

/** The end of a call that has not ended. */
const NOT_ENDED = Object.freeze(
  {
    outcome: "open",
    policyHit: null,
    detail: null,
    result: null,
    resultBytes: null,
    latencyMs: null,
    shadowHits: [],
  } as const satisfies Partial<CallRecord>,
);

/** Rows one after the other that have their session part in common. */
export interface RowGroup {
  readonly session: readonly Value[];
  /** Number of rows. */
  readonly rows: number;
}

/** Packed rows, {@link ROW_CELLS} cells each, and the groups they fall into, in their order. */
export interface PackedRows extends Packed {
  readonly groups: readonly RowGroup[];
}

/**
 * Rows of calls that began in this batch, and completions of rows that an earlier batch wrote.
 *
 * A call that begins and ends in the same batch is one complete row.
 */
export class Batch {
  readonly #rows = new Packer();
  #groups: { session: Value[]; rows: number }[] = [];
  /** The call that began the last group, and where it came from. */
  #groupCall: Pick<CallRecord, "client" | "method" | "policy"> | undefined;
  #groupOrigin: Origin | undefined;
  readonly #endCells = new Map<CallHandle, number>();
  readonly #completions = new Packer();
  #open: Float64Array | undefined;
  #bytes = 0;

  /** The rows so far; a copy. */
  get rows(): PackedRows {
    return { ...this.#rows.pack(), groups: this.#groups };
  }

  /** The completions so far, {@link COMPLETION_CELLS} cells each; a copy. */
  get completions(): Packed {
    return this.#completions.pack();
  }

  /** Payload bytes, and the overhead of each row and completion. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets all that was added; what {@link rows} and {@link completions} gave stays. */
  clear(): void {
    this.#rows.clear();
    this.#completions.clear();
    this.#endCells.clear();
    this.#groups = [];
    this.#groupCall = this.#groupOrigin = this.#open = undefined;
    this.#bytes = 0;
  }

  /** Rows and completions. */
  get size(): number {
    return this.#rows.cellCount / ROW_CELLS + this.#completions.cellCount / COMPLETION_CELLS;
  }

  /** Adds the row of a call that begins. */
  start({ record: call, handle }: CallReport, origin: Origin, maxPayloadBytes: number): void {
    this.#countRow(call, origin);
    const cell = this.#rows.addCells(ROW_CELLS);
    START.pack(this.#rows, cell, call, maxPayloadBytes);
    this.#packOpen(cell + START.cells, call);
    this.#endCells.set(handle, cell + START.cells);
    this.#weigh(call.arguments, maxPayloadBytes);
  }

  /** Completes the row of a call that has ended, or ended anew. */
  end({ record: call, handle }: CallReport, maxPayloadBytes: number): void {
    const cell = this.#endCells.get(handle);
    if (cell !== undefined) {
      END.pack(this.#rows, cell, call, maxPayloadBytes);
      this.#endCells.delete(handle);
    } else {
      const cell = this.#completions.addCells(COMPLETION_CELLS);
      END.pack(this.#completions, cell, call, maxPayloadBytes);
      this.#completions.putOwnText(cell + END.cells, call.id);
    }
    this.#weigh(call.result, maxPayloadBytes);
  }

  /** Packs the end part of a call that has not ended: the same for all of them. */
  #packOpen(cell: number, call: CallRecord): void {
    if (this.#open !== undefined) return this.#rows.putCells(cell, this.#open);
    END.pack(this.#rows, cell, { ...call, ...NOT_ENDED }, 0);
    this.#open = this.#rows.cells(cell, END.cells);
  }

  #countRow(call: CallRecord, origin: Origin): void {
    const last = this.#groups.at(-1);
    if (last !== undefined && origin === this.#groupOrigin && isAlike(call, this.#groupCall!)) {
      last.rows++;
      return;
    }
    this.#groups.push({ session: sessionValues(call, origin), rows: 1 });
    this.#groupCall = { client: call.client, method: call.method, policy: call.policy };
    this.#groupOrigin = origin;
  }

  #weigh(payload: Uint8Array | null, maxPayloadBytes: number): void {
    const bytes = payload === null || maxPayloadBytes === 0 ? 0 : payload.byteLength;
    this.#bytes += bytes + AUDIT_BOUNDS.rowOverheadBytes;
  }
}

/** Whether two calls of one origin have the same session part. */
function isAlike(
  a: Pick<CallRecord, "client" | "method" | "policy">,
  b: Pick<CallRecord, "client" | "method" | "policy">,
): boolean {
  return a.method === b.method && a.policy?.digest === b.policy?.digest && (a.client === b.client ||
    a.client.agentName === b.client.agentName && a.client.agentVersion === b.client.agentVersion &&
      a.client.protocolVersion === b.client.protocolVersion);
}
