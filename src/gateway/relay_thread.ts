/**
 * The main thread's end of the relay's.
 *
 * @module
 */

import { AuditThread } from "../audit/audit_thread.ts";
import { UsageError } from "../errors.ts";
import type { ToStore } from "../limits/lease_protocol.ts";
import { writeLine } from "../log.ts";
import type { MeteredState } from "../taps/call_meter.ts";
import type { Libc } from "../transport/native/libc.ts";
import type { RawServer } from "../transport/native/raw_server.ts";
import { LogBacklog } from "./log_backlog.ts";
import type { WrapOptions } from "./options.ts";
import { retentionOf } from "./retention.ts";
import { WrapThreads } from "./wrap_threads.ts";
import type { Failure, FromRelay, OpenLine, ToRelay } from "./relay_protocol.ts";

const WAKE = new Uint8Array(1);

/** The agent's ends: this process's standard streams. */
const STDIN = 0, STDOUT = 1;

/**
 * A thread that opens a line, and once it is told to, relays through it until the session is over.
 */
export class RelayThread {
  readonly #libc: Libc;
  readonly #threads: WrapThreads;
  readonly #port: MessagePort;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<number>();
  /** Where a byte wakes the relay; undefined while it does not relay. */
  #wake: number | undefined;

  /** Whoever waits for what the meter says. */
  #reading: PromiseWithResolvers<MeteredState> | undefined;

  /** @param onStore Takes what the line says to the store of shared limits. */
  constructor(libc: Libc, options: WrapOptions, onStore: (message: ToStore) => void = () => {}) {
    const { config, serverName, log, onFirstAnswer, onMetered } = options;
    this.#threads = options.threads ?? new WrapThreads();
    this.#libc = libc;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const backlog = new LogBacklog(new SharedArrayBuffer(4));
    port1.onmessage = ({ data }: MessageEvent<FromRelay>) => {
      if (data.type === "log") {
        backlog.leave(data.line);
        writeLine(log, data.line);
      } else if (data.type === "opened") this.#opened.resolve();
      else if (data.type === "answered") onFirstAnswer?.();
      else if (data.type === "store") onStore(data.message);
      else if (data.type === "metered") onMetered?.(data.calls);
      else if (data.type === "meter") this.#reading?.resolve(data.state);
      else if (data.type === "ended") this.#ended.resolve(data.code);
      else this.#fail(data.failure);
    };
    const { durability } = config.audit, { dbPath: path } = config;
    const audit = new AuditThread(
      { path, durability, retention: retentionOf(config) },
      (reason) => this.#auditDied(reason),
      this.#threads.audit,
    );
    const auditPort = audit.port;
    const request: OpenLine = {
      port: port2,
      auditPort,
      config,
      serverName,
      backlog: backlog.shared,
      exportsTelemetry: options.exportsTelemetry ?? false,
    };
    this.#threads.relay.begin(
      request,
      [port2, auditPort],
      (reason) => this.#fail({ message: `the relay's thread ended: ${reason}`, exitCode: null }),
    );
    // Whoever awaits the one may never await the other.
    this.#opened.promise.catch(() => {});
    this.#ended.promise.catch(() => {});
  }

  /**
   * Resolves when the policy is loaded and the audit log open; rejects with what is wrong with
   * them.
   */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Resolves with the exit code when the session is over and all is recorded. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  /** Starts the relay between this process's standard streams and the server's. */
  run({ pid, input, output }: RawServer): void {
    const { readEnd, writeEnd } = this.#libc.pipe();
    const descriptors = {
      agentOutput: STDIN,
      agentInput: STDOUT,
      serverOutput: output,
      serverInput: input,
      wake: readEnd,
    };
    this.tell({ type: "run", descriptors, pid });
    this.#wake = writeEnd;
  }

  /** Tells the thread something; wakes it when it relays. */
  tell(message: ToRelay): void {
    this.#port.postMessage(message);
    if (this.#wake !== undefined) this.#libc.write(this.#wake, WAKE);
  }

  /** Has the line hand over the calls that have ended; resolves with what else its meter says. */
  async readMeter(): Promise<MeteredState> {
    if (this.#reading === undefined) {
      this.#reading = Promise.withResolvers();
      this.tell({ type: "read_meter" });
    }
    const state = await this.#reading.promise;
    this.#reading = undefined;
    return state;
  }

  close(): void {
    this.#port.close();
    this.#threads[Symbol.dispose]();
  }

  /** While the line is being opened, nobody there listens; from then on, it fails closed. */
  #auditDied(reason: string): void {
    if (this.#wake === undefined) this.#fail({ message: reason, exitCode: 1 });
    else this.tell({ type: "audit_died", reason });
  }

  #fail({ message, exitCode }: Failure): void {
    const error = exitCode === null ? new Error(message) : new UsageError(message, exitCode);
    this.#opened.reject(error);
    this.#ended.reject(error);
  }
}
