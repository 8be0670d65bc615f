/**
 * The threads of a wrap, which come up while its configuration is read.
 *
 * @module
 */

import { auditThread } from "../audit/audit_thread.ts";
import { Thread } from "../thread.ts";

/** A thread for the line, and one for its log. */
export class WrapThreads implements Disposable {
  // The first has more to load.
  readonly relay: Thread = new Thread(new URL("./relay_worker.ts", import.meta.url));
  readonly audit: Thread = auditThread();

  [Symbol.dispose](): void {
    this.relay[Symbol.dispose]();
    this.audit[Symbol.dispose]();
  }
}
