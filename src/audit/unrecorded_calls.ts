/**
 * The calls that get no row, which happens only with `[audit] required = false`.
 *
 * @module
 */

import type { Log } from "../log.ts";

/** Keeps them apart from the recorded ones, and counts them, so that the loss is told. */
export class UnrecordedCalls {
  readonly #open = new Set<string>();
  #untold = 0;

  /** A call begins that is not recorded. */
  begin(id: string): void {
    this.#open.add(id);
    this.#untold++;
  }

  /** A call ends. @returns Whether it was one of them, so that its end is not recorded either. */
  end(id: string): boolean {
    return this.#open.delete(id);
  }

  /** Says how many there were since it was last said. */
  tell(log: Log): void {
    if (this.#untold === 0) return;
    log.warn("calls were not recorded in the audit log", { calls: this.#untold });
    this.#untold = 0;
  }
}
