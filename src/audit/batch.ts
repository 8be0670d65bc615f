/**
 * What was tapped since the last post to the worker.
 *
 * @module
 */

import type { Call } from "../proxy/call.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { addRow, COMPLETION_WIDTH, END_COLUMNS, type Origin, setEnd, type Value } from "./row.ts";

/**
 * Rows of calls that began in this batch, and completions of rows that an earlier batch wrote.
 *
 * A call that begins and ends in the same batch is one complete row.
 */
export class Batch {
  /** Rows one after the other, `ROW_WIDTH` values each. */
  readonly rows: Value[] = [];
  /** Completions one after the other, `COMPLETION_WIDTH` values each. */
  readonly completions: Value[] = [];
  readonly #endOffsets = new Map<Call, number>();
  #bytes = 0;

  /** Payload bytes as stored, and the overhead of each row and completion. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rows and completions. */
  get size(): number {
    return this.#endOffsets.size + this.completions.length / COMPLETION_WIDTH;
  }

  /** Adds the row of a call that begins. */
  start(call: Call, origin: Origin, maxPayloadBytes: number): void {
    addRow(this.rows, call, origin, maxPayloadBytes);
    this.#endOffsets.set(call, this.rows.length - END_COLUMNS.length);
    this.#weigh(call.arguments, maxPayloadBytes);
  }

  /** Completes the row of a call that has ended, or ended anew. */
  end(call: Call, maxPayloadBytes: number): void {
    const offset = this.#endOffsets.get(call);
    if (offset !== undefined) setEnd(this.rows, offset, call, maxPayloadBytes);
    else {
      setEnd(this.completions, this.completions.length, call, maxPayloadBytes);
      this.completions.push(call.id);
    }
    this.#weigh(call.result, maxPayloadBytes);
  }

  #weigh(payload: Uint8Array | null, maxPayloadBytes: number): void {
    const bytes = payload === null || payload.byteLength > maxPayloadBytes ? 0 : payload.byteLength;
    this.#bytes += bytes + AUDIT_BOUNDS.rowOverheadBytes;
  }
}
