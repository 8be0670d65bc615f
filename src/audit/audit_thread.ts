/**
 * The thread on which the audit log is written, as whoever starts it sees it.
 *
 * @module
 */

import { startThread } from "../thread.ts";
import type { OpenRequest } from "./protocol.ts";

/** A running audit worker. What writes the log may live on any thread, with the port. */
export class AuditThread {
  /** Where reports arrive, and batches are taken. May be transferred. */
  readonly port: MessagePort;
  /** Ends the thread at once: close the log first. */
  readonly end: () => void;

  /**
   * Starts the thread and has it open the database; how that went is its first report.
   *
   * @param onDeath Told when the thread ends by itself, which it never should.
   */
  constructor(request: Omit<OpenRequest, "port">, onDeath: (reason: string) => void) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.end = startThread({
      module: new URL("./worker.ts", import.meta.url),
      data: { ...request, port: port2 } satisfies OpenRequest,
      ports: [port2],
      onDeath: (reason) => onDeath(`the audit worker ended: ${reason}`),
    });
  }
}
