/**
 * The thread on which the audit log is written, as whoever starts it sees it.
 *
 * @module
 */

import type { OpenRequest } from "./protocol.ts";

/**
 * A running audit worker. Start it on the main thread: one that another worker starts takes half a
 * second to come up. What writes the log may live on any thread, with the port.
 */
export class AuditThread {
  /** Where reports arrive, and batches are taken. May be transferred. */
  readonly port: MessagePort;
  readonly #worker: Worker;

  /**
   * Starts the thread and has it open the database; how that went is its first report.
   *
   * @param onDeath Told when the thread ends by itself, which it never should.
   */
  constructor(request: Omit<OpenRequest, "port">, onDeath: (reason: string) => void) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#worker.onerror = (event) => {
      event.preventDefault(); // the others go on, and fail closed
      onDeath(`the audit worker ended: ${event.message}`);
    };
    this.#worker.postMessage({ ...request, port: port2 } satisfies OpenRequest, [port2]);
  }

  /** Ends the thread at once: close the log first. */
  end(): void {
    this.#worker.terminate();
  }
}
