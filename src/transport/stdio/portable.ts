/**
 * The transport that runs everywhere: Deno's own streams between the agent, a session and a server.
 *
 * @module
 */

import type { Session } from "../../session/session.ts";
import { MAX_REPLIES_BYTES, READ_BYTES, type TransportOptions } from "../ends.ts";
import { type Ending, Lifecycle } from "../lifecycle.ts";
import type { ServerProcess } from "./server_process.ts";
import { Sink } from "./sink.ts";

/** The agent's end: this process's standard streams. */
export interface AgentStreams {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** What the transport needs to know beside the two ends. */
export interface PortableOptions extends TransportOptions {
  readonly agent: AgentStreams;
  readonly server: ServerProcess;
}

/** Moves the bytes. One object serves one session, from {@link run} to its end. */
export class PortableTransport {
  readonly #options: PortableOptions;
  readonly #session: Session;
  readonly #toAgent: Sink;
  readonly #toServer: Sink;
  readonly #life: Lifecycle;
  readonly #over = Promise.withResolvers<void>();
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #alarmAt = Infinity;
  #fault: unknown;

  constructor(options: PortableOptions) {
    const { agent, server, session } = this.#options = options;
    this.#session = session;
    this.#toAgent = new Sink((bytes) => agent.write(bytes), () => this.#loseAgent());
    this.#toServer = new Sink(async (bytes) => {
      await server.stdin.write(bytes as Uint8Array<ArrayBuffer>);
      return bytes.length;
    }, () => {
      this.#life.inputLost();
      this.#turn();
    });
    this.#life = new Lifecycle({
      session,
      toAgent: this.#toAgent,
      signalServer: (signal) => server.signal(signal),
    });
  }

  /**
   * Moves bytes until the server has ended and all it said is delivered.
   *
   * @throws what went wrong inside; then the server was stopped.
   */
  async run(): Promise<Ending> {
    this.#fromAgent().catch((fault) => this.#fail(fault));
    this.#fromServer().catch((fault) => this.#fail(fault));
    this.#options.server.exit.then((exit) => {
      this.#life.serverExited(exit);
      this.#turn();
    });
    await this.#over.promise;
    clearTimeout(this.#alarm);
    if (this.#fault !== undefined) throw this.#fault;
    return this.#life.ending!;
  }

  /** Passes a signal on to the server, which ends the session one way or the other. */
  stop(signal: Deno.Signal): void {
    this.#life.stop(signal);
    this.#turn();
  }

  /** Delivers what the session has been given to say beside what the two ends said. */
  deliver(): void {
    this.#toAgent.push(this.#session.take("to_agent"));
    this.#toServer.push(this.#session.take("to_server"));
  }

  async #fromAgent(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    const { agent, beforeRead, beforeForward } = this.#options;
    for (;;) {
      await beforeRead();
      // An input that cannot be read has ended.
      const length = await agent.read(buffer).catch(() => null);
      if (length === null || !this.#life.isServing) break;
      this.#session.receive("to_server", buffer.subarray(0, length));
      const bytes = this.#session.take("to_server");
      this.#toAgent.push(this.#session.take("to_agent"));
      this.#life.holdsRequests = beforeForward !== undefined && this.#session.beganCalls;
      const refusal = this.#life.holdsRequests ? await beforeForward!() : undefined;
      this.#life.holdsRequests = false;
      if (refusal === undefined) this.#toServer.push(bytes);
      else {
        this.#session.withdraw(refusal);
        this.deliver();
      }
      this.#setAlarm();
      await this.#toServer.drained();
      await this.#toAgent.drained();
    }
    this.#life.agentEnded();
    await this.#closeInput();
  }

  async #fromServer(): Promise<void> {
    const reader = this.#options.server.stdout.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(READ_BYTES);
    for (;;) {
      await this.#options.beforeRead();
      // An output that cannot be read has ended; the exit of the process says why.
      const read = await reader.read(new Uint8Array(buffer)).catch(() => undefined);
      if (read?.value === undefined || read.done) break;
      this.#session.receive("to_agent", read.value);
      this.#toAgent.push(this.#session.take("to_agent"));
      // Replies to what the server should not have asked: one that does not read gets no more.
      const replies = this.#session.take("to_server");
      if (this.#toServer.queued < MAX_REPLIES_BYTES) this.#toServer.push(replies);
      await this.#toAgent.drained();
      buffer = read.value.buffer;
      this.#life.outputHeard();
    }
    this.#life.outputEnded();
    this.#turn();
  }

  /** Something is wrong inside: nothing goes on unread, the session ends, and run() tells. */
  #fail(fault: unknown): void {
    this.#fault ??= fault;
    this.stop("SIGTERM");
  }

  /** The agent has closed its end: so do we, once the server has read what came before. */
  async #closeInput(): Promise<void> {
    await this.#toServer.drained();
    try {
      await this.#options.server.stdin.close();
    } catch {
      // It closed it first.
    }
    this.#life.inputClosed();
    this.#turn();
  }

  #loseAgent(): void {
    this.#life.agentLost();
    this.#closeInput();
  }

  /** Does what is due and delivers what came of it. */
  #turn(): void {
    this.#life.tick();
    this.deliver();
    if (this.#life.ending !== undefined) return this.#over.resolve();
    this.#toAgent.drained()?.then(() => this.#turn());
    this.#setAlarm();
  }

  /** Sees to it that the next deadline is met. */
  #setAlarm(): void {
    const at = this.#life.nextDeadline;
    if (at >= this.#alarmAt) return;
    clearTimeout(this.#alarm);
    this.#alarmAt = at;
    this.#alarm = setTimeout(() => {
      this.#alarmAt = Infinity;
      this.#turn();
    }, Math.max(0, at - performance.now()) + 1);
  }
}
