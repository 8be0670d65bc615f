/**
 * The transport that runs everywhere: Deno's own streams between the agent, a session and a server.
 *
 * @module
 */

import type { Refusal } from "../pipeline.ts";
import type { Session } from "../session.ts";
import type { Exit, ServerProcess } from "./server_process.ts";
import { Sink } from "./sink.ts";

/** Milliseconds that a server may take to end by itself after the agent has closed its input. */
export const EOF_GRACE_MS = 5000;
/** The same without a sign of life while a call is open: the answer may still be wanted. */
export const OPEN_CALL_GRACE_MS = 300_000;
/** Milliseconds that the server's output may stay open after the server has ended. */
const DRAIN_MS = 250;
/** Milliseconds without progress after which an agent that does not read is given up. */
const DEAD_READER_MS = 5000;
const READ_BYTES = 64 * 1024;
/** Bytes waiting for the server beyond which it is not told what is wrong with its requests. */
const MAX_REPLIES_BYTES = 1024 * 1024;

/** The agent's end: this process's standard streams. */
export interface AgentStreams {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** What the transport needs to know beside the two ends. */
export interface PortableOptions {
  readonly session: Session;
  readonly agent: AgentStreams;
  readonly server: ServerProcess;
  /** Waits for what must have happened before requests are forwarded, or says why they are not. */
  readonly beforeForward?: () => Promise<Refusal | undefined>;
  /** What must have happened before more is read; undefined for nothing. */
  readonly beforeRead: () => Promise<void> | undefined;
}

/** Moves the bytes. One object serves one session, from {@link run} to its end. */
export class PortableTransport {
  readonly #session: Session;
  readonly #options: PortableOptions;
  readonly #server: ServerProcess;
  readonly #toAgent: Sink;
  readonly #toServer: Sink;
  #agentEnded = false;
  #agentGone = false;
  #stopping = false;
  #fault: unknown;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #graceIsLong = false;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PortableOptions) {
    const { agent, server, session } = this.#options = options;
    this.#session = session;
    this.#server = server;
    this.#toAgent = new Sink((bytes) => agent.write(bytes), () => this.#loseAgent());
    this.#toServer = new Sink(async (bytes) => {
      await server.stdin.write(bytes as Uint8Array<ArrayBuffer>);
      return bytes.length;
    }, () => this.#loseServerInput());
  }

  /**
   * Moves bytes until the server has ended and all it said is delivered.
   *
   * @throws what went wrong inside; then the server was stopped.
   */
  async run(): Promise<Exit & { readonly undelivered: number }> {
    this.#fromAgent().catch((fault) => this.#fail(fault));
    const read = this.#fromServer().catch((fault) => this.#fail(fault));
    const exit = await this.#server.exit;
    await this.#whileMoving(read);
    // What is left of the group holds the pipes open, or would outlive us.
    this.#server.sweep();
    await this.#whileMoving(read);
    const outcome = this.#stopping || this.#agentGone ? "agent_gone" : "server_gone";
    this.#session.endAll(outcome, exit.detail);
    this.#flush();
    await this.#whileMoving(this.#toAgent.drained());
    clearTimeout(this.#graceTimer);
    clearTimeout(this.#deadlineTimer);
    if (this.#fault !== undefined) throw this.#fault;
    return { ...exit, undelivered: this.#toAgent.queued };
  }

  /** Passes a signal on to the server, which ends the session one way or the other. */
  stop(signal: Deno.Signal): void {
    if (this.#stopping) return this.#server.signal("SIGKILL");
    this.#stopping = true;
    this.#server.stop(signal);
  }

  /** Delivers what the session has been given to say beside what the two ends said. */
  deliver(): void {
    this.#flush();
  }

  async #fromAgent(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    const { agent, beforeRead, beforeForward } = this.#options;
    for (;;) {
      await beforeRead();
      // An input that cannot be read has ended.
      const length = await agent.read(buffer).catch(() => null);
      if (length === null) break;
      this.#session.receive("to_server", buffer.subarray(0, length));
      const bytes = this.#session.take("to_server");
      this.#toAgent.push(this.#session.take("to_agent"));
      this.#watchDeadline();
      const refusal = beforeForward !== undefined && this.#session.beganCalls
        ? await beforeForward()
        : undefined;
      if (refusal === undefined) this.#toServer.push(bytes);
      else {
        this.#session.withdraw(refusal);
        this.#flush();
      }
      await this.#toServer.drained();
      await this.#toAgent.drained();
    }
    this.#session.end("to_server");
    await this.#endAgent();
  }

  async #fromServer(): Promise<void> {
    const reader = this.#server.stdout.getReader({ mode: "byob" });
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
      if (this.#agentEnded) this.#watchGrace();
    }
    this.#session.end("to_agent");
  }

  /** Something is wrong inside: nothing goes on unread, the session ends, and run() tells. */
  #fail(fault: unknown): void {
    this.#fault ??= fault;
    this.stop("SIGTERM");
  }

  /** Hands over what the session has for both ends. */
  #flush(): void {
    this.#toAgent.push(this.#session.take("to_agent"));
    this.#toServer.push(this.#session.take("to_server"));
  }

  /** The agent has closed its end: so do we, once the server has read what came before. */
  async #endAgent(): Promise<void> {
    await this.#toServer.drained();
    this.#agentEnded = true;
    try {
      await this.#server.stdin.close();
    } catch {
      // It closed it first.
    }
    this.#watchGrace();
  }

  /** The agent does not read any more: nothing can be delivered. */
  #loseAgent(): void {
    this.#agentGone = true;
    this.#session.endAll("agent_gone", "its input is closed");
    this.#endAgent();
  }

  /** The server does not read any more: it is about to end, or is of no use. */
  #loseServerInput(): void {
    setTimeout(() => this.#server.stop("SIGTERM"), DRAIN_MS);
  }

  /** Gives the server time to end by itself: more while a call is open, and anew with each sign. */
  #watchGrace(): void {
    const isOpen = this.#session.openCalls > 0;
    if (this.#graceTimer !== undefined && !isOpen && !this.#graceIsLong) return;
    clearTimeout(this.#graceTimer);
    this.#graceIsLong = isOpen;
    const graceMs = isOpen ? OPEN_CALL_GRACE_MS : EOF_GRACE_MS;
    this.#graceTimer = setTimeout(() => this.stop("SIGTERM"), graceMs);
  }

  #watchDeadline(): void {
    if (this.#deadlineTimer !== undefined) return;
    const deadline = this.#session.nextDeadline;
    if (deadline === null) return;
    this.#deadlineTimer = setTimeout(() => {
      this.#deadlineTimer = undefined;
      this.#session.expire();
      this.#flush();
      this.#watchDeadline();
      if (this.#agentEnded) this.#watchGrace();
    }, Math.max(0, deadline - performance.now()) + 1);
  }

  /**
   * Waits for `work` as long as bytes move: for an agent that reads, however slowly, but not for one
   * that does not, nor for an output that somebody keeps open in silence.
   */
  async #whileMoving(work: Promise<void> | undefined): Promise<void> {
    let done = false;
    const finished = work?.then(() => void (done = true));
    for (let still = 0; finished !== undefined && !done;) {
      const before = this.#toAgent.progress;
      await within(DRAIN_MS, finished);
      still = this.#toAgent.progress === before ? still + DRAIN_MS : 0;
      const patience = this.#toAgent.drained() !== undefined && !this.#stopping
        ? DEAD_READER_MS
        : DRAIN_MS;
      if (still >= patience) return;
    }
  }
}

/** Resolves when `work` does, but after `ms` at the latest. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
