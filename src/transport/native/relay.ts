/**
 * The native transport: one thread, one `poll` loop, between the agent, a session and a server.
 *
 * @module
 */

import type { Refusal } from "../../session/pipeline.ts";
import type { Session } from "../../session/session.ts";
import { MAX_REPLIES_BYTES, READ_BYTES, type TransportOptions } from "../ends.ts";
import { type Ending, type Exit, Lifecycle } from "../lifecycle.ts";
import { AGAIN, type DescriptorCalls, POLLIN, POLLOUT } from "./libc.ts";
import { intoOwn, intoShared, Outlet } from "./outlet.ts";
import { PollSet } from "./poll_set.ts";

/** How long the event loop may wait while a message is on its way, in ms. */
const OWED_MS = 1;
/** How long the pipes may wait while something is awaited that only the event loop brings, in ms. */
const AWAITED_MS = 1;

/** Places in the poll set. */
const AGENT = 0, SERVER = 1, WAKE = 2, TO_AGENT = 3, TO_SERVER = 4;

/** `poll` takes whole milliseconds in 32 bits; nobody minds if it returns once a day. */
const clamped = (ms: number): number => Math.min(Math.max(0, Math.ceil(ms)), 86_400_000);

/** The descriptors that a relay moves bytes between. */
export interface Descriptors {
  /** What the agent says. */
  readonly agentOutput: number;
  /** Where the agent listens; shared with other processes, perhaps. */
  readonly agentInput: number;
  /** What the server says. */
  readonly serverOutput: number;
  /** Where the server listens. Closed by the relay. */
  readonly serverInput: number;
  /** A byte arrives here for every message that was posted to this thread. */
  readonly wake: number;
}

/** What the relay needs to know beside the two ends. */
export interface RelayOptions extends TransportOptions {
  readonly libc: DescriptorCalls;
  readonly descriptors: Descriptors;
  /** Sends a signal to the server and to all that it has started. */
  readonly signalServer: (signal: Deno.Signal) => void;
  /** How long, in ms, this thread's event loop may wait; Infinity while it has nothing to do. */
  readonly eventLoopMayWait: () => number;
  /** Monotonic milliseconds, of the same clock as the session's. */
  readonly now?: () => number;
}

/**
 * Moves the bytes: {@link run} holds the thread in the C library's `poll`, and lets the event loop
 * have it only when something is awaited, or a message has come.
 *
 * No write waits. What one side does not take at once is kept, and neither side that could add to it
 * is read until it is gone, so that what is kept never exceeds what one chunk makes.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #session: Session;
  readonly #libc: DescriptorCalls;
  readonly #toAgent: Outlet;
  readonly #toServer: Outlet;
  readonly #life: Lifecycle;
  readonly #set = new PollSet(5);
  // One a direction: what waits to be written may be views of the last chunk.
  readonly #agentChunk = new Uint8Array(READ_BYTES);
  readonly #serverChunk = new Uint8Array(READ_BYTES);
  readonly #wakeChunk = new Uint8Array(256);
  #agentEnded = false;
  #inputClosed = false;
  #outputEnded = false;
  /** Messages whose byte has come and which have not. */
  #owed = 0;
  /** What has to happen before more is read. */
  #room: Promise<void> | undefined;
  /** What has to happen before that is forwarded which the agent said last. */
  #record: Promise<void> | undefined;
  readonly #now: () => number;
  #eventLoopHadItAt = 0;
  #fault: unknown;

  constructor(options: RelayOptions) {
    const { libc, descriptors, session, signalServer } = this.#options = options;
    this.#session = session;
    this.#libc = libc;
    const now = this.#now = options.now ?? (() => performance.now());
    this.#toAgent = new Outlet(intoShared(libc, descriptors.agentInput), () => this.#loseAgent());
    this.#toServer = new Outlet(
      intoOwn(libc, descriptors.serverInput),
      () => this.#life.inputLost(),
    );
    this.#life = new Lifecycle({ session, toAgent: this.#toAgent, signalServer, now });
  }

  /**
   * Moves bytes until the server has ended and all it said is delivered.
   *
   * @throws what went wrong inside; then the server was stopped.
   */
  async run(): Promise<Ending> {
    while (this.#life.ending === undefined) {
      const patience = this.#owed > 0 ? OWED_MS : this.#options.eventLoopMayWait();
      if (this.#isHeldBack) await this.#anythingAwaited();
      else if (this.#now() - this.#eventLoopHadItAt >= patience) await this.#eventLoopTurn();
      this.#turn(patience);
    }
    if (this.#fault !== undefined) throw this.#fault;
    return this.#life.ending;
  }

  /** Passes a signal on to the server, which ends the session one way or the other. */
  stop(signal: Deno.Signal): void {
    this.#life.stop(signal);
  }

  /** The server's process has ended. */
  serverExited(exit: Exit): void {
    this.#life.serverExited(exit);
  }

  /** Delivers what the session has been given to say beside what the two ends said. */
  deliver(): void {
    this.#toAgent.push(this.#session.take("to_agent"));
    this.#toServer.push(this.#session.take("to_server"));
  }

  /** A message that the wake pipe has announced, or will, has come. */
  heard(): void {
    this.#owed--;
  }

  /** One round: what is due is done, and what is ready is moved. */
  #turn(eventLoopPatience: number): void {
    const now = this.#now();
    if (this.#life.nextDeadline <= now) {
      this.#life.tick();
      this.deliver();
    }
    this.#watch();
    const patience = this.#isHeldBack ? 0 : eventLoopPatience;
    const waitMs = Math.min(this.#life.nextDeadline - now, patience);
    this.#libc.poll(this.#set.entries, waitMs === Infinity ? -1 : clamped(waitMs));
    const set = this.#set;
    try {
      if (set.isReady(SERVER)) this.#fromServer();
      if (set.isReady(AGENT)) this.#fromAgent();
    } catch (fault) {
      this.#fail(fault);
    }
    if (set.isReady(TO_AGENT)) this.#toAgent.drain();
    if (set.isReady(TO_SERVER)) this.#toServer.drain();
    if (set.isReady(WAKE)) this.#wake();
    if (this.#agentEnded && !this.#inputClosed) this.#closeInput();
  }

  /** Asks for what can be dealt with now. */
  #watch(): void {
    const { descriptors: fds } = this.#options, set = this.#set;
    const agentIsFull = this.#toAgent.queued > 0, serverIsFull = this.#toServer.queued > 0;
    const mayRead = !agentIsFull && this.#hasRoom();
    const readsAgent = mayRead && !serverIsFull && this.#record === undefined &&
      !this.#agentEnded && this.#life.isServing;
    set.watch(AGENT, readsAgent ? fds.agentOutput : -1, POLLIN);
    set.watch(SERVER, mayRead && !this.#outputEnded ? fds.serverOutput : -1, POLLIN);
    set.watch(WAKE, fds.wake, POLLIN);
    set.watch(TO_AGENT, agentIsFull ? fds.agentInput : -1, POLLOUT);
    set.watch(TO_SERVER, serverIsFull ? fds.serverInput : -1, POLLOUT);
  }

  #fromAgent(): void {
    const length = this.#libc.read(this.#options.descriptors.agentOutput, this.#agentChunk);
    if (length === AGAIN) return;
    // An input that cannot be read has ended.
    if (length <= 0) return this.#endAgent();
    this.#session.receive("to_server", this.#agentChunk.subarray(0, length));
    const bytes = this.#session.take("to_server");
    this.#toAgent.push(this.#session.take("to_agent"));
    if (this.#options.beforeForward === undefined || !this.#session.beganCalls) {
      this.#toServer.push(bytes);
    } else {
      this.#life.holdsRequests = true;
      this.#record = this.#forwardRecorded(this.#options.beforeForward(), bytes)
        .catch((fault) => this.#fail(fault))
        .finally(() => {
          this.#record = undefined;
          this.#life.holdsRequests = false;
        });
    }
  }

  /** Sends on what had to wait, or takes it back. */
  async #forwardRecorded(
    recorded: Promise<Refusal | undefined>,
    bytes: Uint8Array | undefined,
  ): Promise<void> {
    const refusal = await recorded;
    if (refusal === undefined) return this.#toServer.push(bytes);
    this.#session.withdraw(refusal);
    this.deliver();
  }

  #fromServer(): void {
    const length = this.#libc.read(this.#options.descriptors.serverOutput, this.#serverChunk);
    if (length === AGAIN) return;
    // An output that cannot be read has ended; the exit of the process says why.
    if (length <= 0) return this.#endOutput();
    this.#session.receive("to_agent", this.#serverChunk.subarray(0, length));
    this.#toAgent.push(this.#session.take("to_agent"));
    // Replies to what the server should not have asked: one that does not read gets no more.
    const replies = this.#session.take("to_server");
    if (this.#toServer.queued < MAX_REPLIES_BYTES) this.#toServer.push(replies);
    this.#life.outputHeard();
  }

  #wake(): void {
    const length = this.#libc.read(this.#options.descriptors.wake, this.#wakeChunk);
    if (length > 0) this.#owed += length;
  }

  #hasRoom(): boolean {
    if (this.#room !== undefined) return false;
    const room = this.#options.beforeRead();
    if (room === undefined) return true;
    this.#room = room
      .catch((fault) => this.#fail(fault))
      .finally(() => this.#room = undefined);
    return false;
  }

  /** Whether something is awaited that only the event loop brings. */
  get #isHeldBack(): boolean {
    return this.#room !== undefined || this.#record !== undefined;
  }

  /** Gives the event loop the thread until something awaited has happened, but not for long. */
  async #anythingAwaited(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const pause = new Promise<void>((resolve) => timer = setTimeout(resolve, AWAITED_MS));
    await Promise.race([pause, this.#room ?? pause, this.#record ?? pause]);
    clearTimeout(timer);
  }

  /** Gives the event loop the thread for what is ready there. */
  async #eventLoopTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#eventLoopHadItAt = this.#now();
  }

  #loseAgent(): void {
    this.#life.agentLost();
    this.#agentEnded = true;
  }

  #endAgent(): void {
    this.#agentEnded = true;
    this.#life.agentEnded();
  }

  #endOutput(): void {
    this.#outputEnded = true;
    this.#life.outputEnded();
  }

  /** The agent has closed its end: so do we, once the server has read what came before. */
  #closeInput(): void {
    if (this.#toServer.queued > 0 || this.#record !== undefined) return;
    this.#inputClosed = true;
    this.#toServer.close();
    this.#libc.closeDescriptor(this.#options.descriptors.serverInput);
    this.#life.inputClosed();
  }

  /** Something is wrong inside: nothing goes on unread, the session ends, and run() tells. */
  #fail(fault: unknown): void {
    this.#fault ??= fault;
    this.#endAgent();
    this.#endOutput();
    this.#life.stop("SIGTERM");
  }
}
