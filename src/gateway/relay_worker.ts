/**
 * The relay's thread: owns the two pipes and the line between them.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { AuditError } from "../audit/audit_error.ts";
import { reasonOf, UsageError } from "../errors.ts";
import { postedLog } from "../log.ts";
import { Libc } from "../transport/native/libc.ts";
import { type Descriptors, Relay } from "../transport/native/relay.ts";
import { signalGroup } from "../transport/process_group.ts";
import { Line } from "./line.ts";
import { EXIT_CANNOT_START } from "./options.ts";
import type { Failure, FromRelay, OpenLine, ToRelay } from "./relay_protocol.ts";
import { StopBudget } from "./stop_budget.ts";

/** A line, and what the main thread tells it. */
class RelayThread {
  readonly #line: Line;
  readonly #post: (message: FromRelay) => void;
  readonly #budget = new StopBudget();
  #relay: Relay | undefined;

  constructor(line: Line, post: (message: FromRelay) => void) {
    this.#line = line;
    this.#post = post;
  }

  obey(message: ToRelay): void {
    this.#relay?.heard();
    switch (message.type) {
      case "run":
        return void this.#end(this.#run(message.descriptors, message.pid));
      case "cannot_start":
        this.#line.log.error(message.message);
        return void this.#end(Promise.resolve(EXIT_CANNOT_START));
      case "stop":
        this.#budget.start();
        return this.#relay?.stop(message.signal);
      case "server_exited":
        return this.#relay?.serverExited(message.exit);
      case "reload":
        return void this.#line.policy?.reload();
      case "audit_died":
        return this.#line.audit.threadDied(message.reason);
    }
  }

  async #run(descriptors: Descriptors, pid: number): Promise<number> {
    const relay = this.#relay = new Relay({
      ...this.#line.transportOptions,
      libc: Libc.open(),
      descriptors,
      signalServer: (signal) => signalGroup(pid, signal),
      eventLoopMayWait: () => this.#line.eventLoopMayWait,
    });
    this.#line.begin(pid, () => relay.deliver());
    return this.#line.end(await relay.run());
  }

  /** Posts how it ended, once all is recorded. */
  async #end(ended: Promise<number>): Promise<void> {
    try {
      const code = await ended.finally(() => this.#line.close(this.#budget.leftMs));
      this.#post({ type: "ended", code });
    } catch (fault) {
      this.#post({ type: "failed", failure: failureOf(fault) });
    }
  }
}

async function open({ port, ...what }: OpenLine): Promise<void> {
  const post = (message: FromRelay) => port.postMessage(message);
  const log = postedLog(what.config.logLevel, (line) => post({ type: "log", line }));
  try {
    const thread = new RelayThread(await Line.open({ ...what, log }), post);
    port.onmessage = (event: MessageEvent<ToRelay>) => thread.obey(event.data);
    post({ type: "opened" });
  } catch (fault) {
    post({ type: "failed", failure: failureOf(fault) });
  }
}

function failureOf(fault: unknown): Failure {
  if (fault instanceof UsageError) return { message: fault.message, exitCode: fault.exitCode };
  if (fault instanceof AuditError) return { message: fault.message, exitCode: 1 };
  const message = fault instanceof Error ? fault.stack ?? fault.message : reasonOf(fault);
  return { message, exitCode: null };
}

await open(workerData as OpenLine);
