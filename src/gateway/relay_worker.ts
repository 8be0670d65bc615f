/**
 * The relay's thread: owns the two pipes and the line between them.
 *
 * @module
 */

import { AuditError } from "../audit/audit_error.ts";
import { isFromOutside, reasonOf, UsageError } from "../errors.ts";
import type { ToStore } from "../limits/lease_protocol.ts";
import { postedLog } from "../log.ts";
import { threadData } from "../thread.ts";
import { Libc } from "../transport/native/libc.ts";
import { type Descriptors, Relay } from "../transport/native/relay.ts";
import type { MeteredCall } from "../taps/call_meter.ts";
import { signalGroup } from "../transport/process_group.ts";
import { LogBacklog } from "./log_backlog.ts";
import type { Failure, FromRelay, OpenLine, ToRelay } from "./relay_protocol.ts";
import { StoreOutbox } from "./store_outbox.ts";
import { WrapLine } from "./wrap_line.ts";

/** Milliseconds that the event loop may wait while something is to be told to the store. */
const STORE_TURN_MS = 10;

/** A line, and what the main thread tells it. */
class RelayWorker {
  readonly #line: WrapLine;
  readonly #post: (message: FromRelay) => void;
  readonly #toStore: StoreOutbox;
  #relay: Relay | undefined;

  constructor(line: WrapLine, post: (message: FromRelay) => void, toStore: StoreOutbox) {
    this.#line = line;
    this.#post = post;
    this.#toStore = toStore;
  }

  obey(message: ToRelay): void {
    this.#relay?.heard();
    const { gateway } = this.#line;
    switch (message.type) {
      case "run":
        return void this.#tellEnd(this.#run(message.descriptors, message.pid));
      case "cannot_start":
        return void this.#tellEnd(Promise.resolve(this.#line.cannotStart(message.message)));
      case "stop":
        return this.#line.stop(message.signal);
      case "server_exited":
        return this.#relay?.serverExited(message.exit);
      case "reload":
        return void gateway.policy?.reload();
      case "read_meter":
        return this.#post({ type: "meter", state: gateway.readMeter() });
      case "store":
        return gateway.hearStore(message.message);
      case "audit_died":
        return gateway.audit.threadDied(message.reason);
    }
  }

  #run(descriptors: Descriptors, pid: number): Promise<number> {
    return this.#line.run({ pid }, (given) =>
      this.#relay = new Relay({
        ...given,
        libc: Libc.open(),
        descriptors,
        signalServer: (signal) => signalGroup(pid, signal),
        eventLoopMayWait: () => this.#eventLoopMayWait,
      }));
  }

  get #eventLoopMayWait(): number {
    const { eventLoopMayWait } = this.#line.gateway;
    return this.#toStore.isEmpty ? eventLoopMayWait : Math.min(eventLoopMayWait, STORE_TURN_MS);
  }

  /** Posts how the line ended, once all is recorded. */
  async #tellEnd(ended: Promise<number>): Promise<void> {
    try {
      this.#post({ type: "ended", code: await this.#line.closeAfter(ended) });
    } catch (fault) {
      this.#post({ type: "failed", failure: failureOf(fault) });
    }
  }
}

async function open({ port, backlog: shared, ...what }: OpenLine): Promise<void> {
  const post = (message: FromRelay) => port.postMessage(message);
  const backlog = new LogBacklog(shared);
  const log = postedLog(
    what.config.logLevel,
    (line) => backlog.enter(line, (line) => post({ type: "log", line })),
  );
  try {
    const onFirstAnswer = () => post({ type: "answered" });
    const onMetered = what.config.metricsPort === undefined
      ? undefined
      : (calls: readonly MeteredCall[]) => post({ type: "metered", calls });
    const outbox = new StoreOutbox((message) => post({ type: "store", message }));
    const toStore = (message: ToStore) => outbox.put(message);
    const line = await WrapLine.open({ ...what, log, onFirstAnswer, onMetered, toStore });
    const worker = new RelayWorker(line, post, outbox);
    port.onmessage = (event: MessageEvent<ToRelay>) => worker.obey(event.data);
    post({ type: "opened" });
  } catch (fault) {
    post({ type: "failed", failure: failureOf(fault) });
  }
}

function failureOf(fault: unknown): Failure {
  if (fault instanceof UsageError) return { message: fault.message, exitCode: fault.exitCode };
  if (fault instanceof AuditError) return { message: fault.message, exitCode: 1 };
  if (isFromOutside(fault)) return { message: reasonOf(fault), exitCode: 1 };
  const message = fault instanceof Error ? fault.stack ?? fault.message : reasonOf(fault);
  return { message, exitCode: null };
}

await open(await threadData<OpenLine>());
