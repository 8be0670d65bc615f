/**
 * The thread on which the audit log is written, as whoever starts it sees it.
 *
 * @module
 */

import { Thread } from "../thread.ts";
import type { OpenRequest } from "./protocol.ts";

/** A thread that comes up, and waits for what {@link AuditThread} begins it with. */
export function auditThread(): Thread {
  return new Thread(new URL("./worker.ts", import.meta.url));
}

/** A running audit worker. What writes the log may live on any thread, with the port. */
export class AuditThread {
  /** Where reports arrive, and batches are taken. May be transferred. */
  readonly port: MessagePort;
  readonly #thread: Thread;

  /**
   * Begins the thread and has it open the database; how that went is its first report.
   *
   * @param onDeath Told when the thread ends by itself, which it never should.
   */
  constructor(
    request: Omit<OpenRequest, "port">,
    onDeath: (reason: string) => void,
    thread: Thread = auditThread(),
  ) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.#thread = thread;
    thread.begin(
      { ...request, port: port2 } satisfies OpenRequest,
      [port2],
      (reason) => onDeath(`the audit worker ended: ${reason}`),
    );
  }

  /** Ends the thread at once: close the log first. */
  end(): void {
    this.#thread[Symbol.dispose]();
  }
}
