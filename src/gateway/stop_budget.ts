/**
 * Time that we may take to end once somebody has asked us to.
 *
 * @module
 */

/** Milliseconds from a signal to our end: clients kill us after 2,000. */
const STOP_MS = 1800;
/** Milliseconds that the audit log has for its last rows, however late it is. */
const MIN_CLOSE_MS = 300;

/** Runs from the first time that it is started. */
export class StopBudget {
  #startedAt: number | undefined;

  /** Somebody has asked us to end; only the first time counts. */
  start(): void {
    this.#startedAt ??= performance.now();
  }

  /** Milliseconds left for the last rows; undefined while nobody has asked us to end. */
  get leftMs(): number | undefined {
    if (this.#startedAt === undefined) return undefined;
    return Math.max(MIN_CLOSE_MS, this.#startedAt + STOP_MS - performance.now());
  }
}
