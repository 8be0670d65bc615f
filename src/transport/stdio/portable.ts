/**
 * The transport that runs everywhere: Deno's own streams between the agent, a session and a server.
 *
 * @module
 */

import { Lifecycle } from "../lifecycle.ts";
import { StdioExchange } from "../stdio_exchange.ts";
import { AheadReader } from "./ahead_reader.ts";
import { type Ending, READ_BYTES, type Transport, type TransportOptions } from "../transport.ts";
import type { StdioServer } from "./server_process.ts";
import { StreamWriter } from "./stream_writer.ts";

/** The agent's end: this process's standard streams. */
export interface AgentStreams {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** Options of a {@link PortableTransport}. */
export interface PortableOptions extends TransportOptions {
  readonly agent: AgentStreams;
  readonly server: StdioServer;
}

/** Moves the bytes by Deno's streams. */
export class PortableTransport implements Transport {
  readonly #options: PortableOptions;
  readonly #exchange: StdioExchange;
  readonly #toAgent: StreamWriter;
  readonly #toServer: StreamWriter;
  readonly #life: Lifecycle;
  readonly #over = Promise.withResolvers<void>();
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #alarmAt = Infinity;
  #closing: Promise<void> | undefined;
  #fault: unknown;
  /** Resolved when something may have become of what is held. */
  #moved = Promise.withResolvers<void>();

  constructor(options: PortableOptions) {
    const { agent, server, session, context } = this.#options = options;
    const exchange = this.#exchange = new StdioExchange(
      session,
      context.maxMessageBytes,
      () => this.#deliver(),
      (fault) => this.#fail(fault),
    );
    this.#toAgent = new StreamWriter(
      exchange.toAgent,
      (bytes) => agent.write(bytes),
      () => {
        this.#life.agentLost();
        this.#turn();
      },
    );
    this.#toServer = new StreamWriter(exchange.toServer, async (bytes) => {
      await server.stdin.write(bytes as Uint8Array<ArrayBuffer>);
      return bytes.length;
    }, () => {
      this.#life.inputLost();
      this.#turn();
    });
    this.#life = new Lifecycle({
      session,
      context,
      toAgent: exchange.toAgent,
      toServer: exchange.toServer,
      signalServer: (signal) => server.signal(signal),
    });
  }

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

  stop(signal: Deno.Signal): void {
    this.#life.stop(signal);
    this.#turn();
  }

  tellAgent(json: string): void {
    this.#exchange.toAgent.say(json);
    this.#toAgent.flush();
  }

  async #fromAgent(): Promise<void> {
    const { agent, beforeRead, context } = this.#options;
    const reader = new AheadReader((buffer) => agent.read(buffer));
    reader.run(() => {
      this.#life.agentEnded();
      this.#setAlarm();
    });
    for (;;) {
      await beforeRead();
      while (context.held.isFull) await this.#moved.promise;
      const chunk = await reader.next();
      if (chunk === null || !this.#life.isServing) break;
      this.#exchange.receive("to_server", chunk);
      this.#flush();
      this.#setAlarm();
      await this.#taken("toServer");
      await this.#taken("toAgent");
    }
    this.#exchange.end("to_server");
    await (this.#closing ??= this.#closeInput());
  }

  async #fromServer(): Promise<void> {
    const reader = this.#options.server.stdout.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(READ_BYTES);
    for (;;) {
      await this.#options.beforeRead();
      // An output that cannot be read has ended; the exit of the process says why.
      const read = await reader.read(new Uint8Array(buffer)).catch(() => undefined);
      if (read?.value === undefined || read.done) break;
      this.#exchange.receive("to_agent", read.value);
      this.#flush();
      this.#setAlarm();
      await this.#taken("toAgent");
      buffer = read.value.buffer;
      this.#life.outputHeard();
    }
    this.#exchange.end("to_agent");
    this.#life.outputEnded();
    this.#turn();
  }

  #flush(): void {
    this.#toAgent.flush();
    this.#toServer.flush();
  }

  /**
   * Writes what no chunk has brought; all that comes in the same turn of the event loop at once.
   */
  #deliver(): void {
    queueMicrotask(() => {
      this.#flush();
      this.#setAlarm();
      this.#move();
    });
  }

  /** Waits until an end has taken what is for it, or was given up. */
  async #taken(end: "toAgent" | "toServer"): Promise<void> {
    const buffer = this.#exchange[end], writer = end === "toAgent" ? this.#toAgent : this.#toServer;
    while (buffer.queued > 0) await Promise.race([writer.drained(), this.#moved.promise]);
  }

  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** Something is wrong inside: nothing goes on unread, the session ends, and run() tells. */
  #fail(fault: unknown): void {
    this.#fault ??= fault;
    this.stop("SIGTERM");
  }

  /**
   * Closes the server's input, as the agent has closed ours: once the server has read what came
   * before, if it still can be told anything.
   */
  async #closeInput(): Promise<void> {
    const { context: { held }, server: { stdin } } = this.#options;
    while (held.size > 0) await this.#moved.promise;
    await this.#taken("toServer");
    // What is said to it from now on is lost, and no sign that it does not read.
    this.#exchange.toServer.close();
    // It may have closed it first; what it does not read it will not read.
    const closed = this.#life.isMute ? stdin.abort() : stdin.close();
    closed.catch(() => {});
    this.#life.inputClosed();
    this.#turn();
  }

  /** Does what is due and delivers what came of it. */
  #turn(): void {
    this.#life.tick();
    this.#flush();
    this.#move();
    if (this.#life.isAgentGone || this.#life.isMute) this.#closing ??= this.#closeInput();
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
