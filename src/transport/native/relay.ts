/**
 * The native transport: one thread, one `poll` loop, between the agent, a session and a server.
 *
 * @module
 */

import { Lifecycle } from "../lifecycle.ts";
import { StdioExchange } from "../stdio_exchange.ts";
import { ReadRoom } from "../read_room.ts";
import type { Ending, Exit, Transport, TransportOptions } from "../transport.ts";
import { DescriptorWriter, intoOwn, intoShared } from "./descriptor_writer.ts";
import { AGAIN, type DescriptorCalls, POLLIN, POLLOUT } from "./libc.ts";
import { PollSet } from "./poll_set.ts";

/** Milliseconds that the event loop may wait while a message is on its way. */
const OWED_MS = 1;
/**
 * Milliseconds that the pipes may wait while something is awaited that only the event loop brings.
 */
const AWAITED_MS = 1;

/** Places in the poll set. */
const AGENT = 0, SERVER = 1, WAKE = 2, TO_AGENT = 3, TO_SERVER = 4;

/** Events for `poll` that leave only those that it always tells: an error, an end. */
const HANGUP_ONLY = 0;

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

/** Options of a {@link Relay}. */
export interface RelayOptions extends TransportOptions {
  readonly libc: DescriptorCalls;
  readonly descriptors: Descriptors;
  /** Sends a signal to the server and to all that it has started. */
  readonly signalServer: (signal: Deno.Signal) => void;
  /** Milliseconds that this thread's event loop may wait; Infinity while it has nothing to do. */
  readonly eventLoopMayWait: () => number;
  /** Monotonic milliseconds, of the same clock as the session's. */
  readonly now?: () => number;
}

/**
 * Moves the bytes: {@link run} holds the thread in the C library's `poll`, and lets the event loop
 * have it only when something is awaited, or a message has come.
 *
 * No write waits. What one side does not take at once is kept, and neither side that could add to
 * it is read until it is gone, so that what is kept never exceeds what one chunk makes.
 */
export class Relay implements Transport {
  readonly #options: RelayOptions;
  readonly #libc: DescriptorCalls;
  readonly #exchange: StdioExchange;
  readonly #toAgent: DescriptorWriter;
  readonly #toServer: DescriptorWriter;
  readonly #life: Lifecycle;
  readonly #set = new PollSet(5);
  // One a direction: what waits to be written may be views of the last chunk.
  readonly #agentRoom = new ReadRoom();
  readonly #serverRoom = new ReadRoom();
  readonly #wakeChunk = new Uint8Array(256);
  #agentEnded = false;
  /** Whether the agent is seen to have ended, though not all that it said is read. */
  #agentHungUp = false;
  #readsAgent = false;
  #inputClosed = false;
  #outputEnded = false;
  /** Messages whose byte has come and which have not. */
  #owed = 0;
  /** Event that has to come before more is read. */
  #room: Promise<void> | undefined;
  /** Resolved when something awaited has happened; a new one for each wait. */
  #awaited = Promise.withResolvers<void>();
  readonly #now: () => number;
  #eventLoopHadItAt = 0;
  #fault: unknown;

  constructor(options: RelayOptions) {
    const { libc, descriptors, session, context, signalServer } = this.#options = options;
    this.#libc = libc;
    const now = this.#now = options.now ?? (() => performance.now());
    const exchange = this.#exchange = new StdioExchange(
      session,
      context.maxMessageBytes,
      () => this.#awaited.resolve(),
      (fault) => this.#fail(fault),
    );
    this.#toAgent = new DescriptorWriter(
      exchange.toAgent,
      intoShared(libc, descriptors.agentInput),
      () => this.#life.agentLost(),
    );
    this.#toServer = new DescriptorWriter(
      exchange.toServer,
      intoOwn(libc, descriptors.serverInput),
      () => this.#life.inputLost(),
    );
    this.#life = new Lifecycle({
      session,
      context,
      toAgent: exchange.toAgent,
      toServer: exchange.toServer,
      signalServer,
      now,
    });
  }

  async run(): Promise<Ending> {
    while (this.#life.ending === undefined) {
      const patience = this.#owed > 0 ? OWED_MS : this.#options.eventLoopMayWait();
      // The clock is read once a round: that is a call into the runtime, too.
      let now = this.#now();
      if (this.#isHeldBack) now = await this.#anythingAwaited();
      else if (now - this.#eventLoopHadItAt >= patience) now = await this.#eventLoopTurn();
      this.#turn(patience, now);
    }
    if (this.#fault !== undefined) throw this.#fault;
    return this.#life.ending;
  }

  stop(signal: Deno.Signal): void {
    this.#life.stop(signal);
  }

  /** The server's process has ended. */
  serverExited(exit: Exit): void {
    this.#life.serverExited(exit);
  }

  tellAgent(json: string): void {
    this.#exchange.toAgent.say(json);
  }

  /** A message that the wake pipe has announced, or will, has come. */
  heard(): void {
    this.#owed--;
  }

  /** One round: what is due is done, and what is ready is moved. */
  #turn(eventLoopPatience: number, now: number): void {
    if (this.#life.nextDeadline <= now) this.#life.tick();
    this.#flush();
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
    if (set.isReady(TO_AGENT)) this.#toAgent.flush();
    if (set.isReady(TO_SERVER)) this.#toServer.flush();
    if (set.isReady(WAKE)) this.#wake();
    if (!this.#inputClosed && (!this.#listens || this.#life.isMute)) this.#closeInput();
  }

  /** Asks for what can be dealt with now. */
  #watch(): void {
    const { descriptors: fds } = this.#options, set = this.#set;
    const { toAgent, toServer } = this.#exchange;
    const agentIsFull = toAgent.queued > 0, serverIsFull = toServer.queued > 0;
    const mayRead = !agentIsFull && this.#hasRoom();
    const listens = this.#listens && this.#life.isServing;
    this.#readsAgent = listens && mayRead && !serverIsFull && !this.#options.context.held.isFull;
    // An end is noticed, whoever stands in the way; once, as it would be ready for good.
    const watchesAgent = this.#readsAgent || listens && !this.#agentHungUp;
    set.watch(AGENT, watchesAgent ? fds.agentOutput : -1, this.#readsAgent ? POLLIN : HANGUP_ONLY);
    set.watch(SERVER, mayRead && !this.#outputEnded ? fds.serverOutput : -1, POLLIN);
    set.watch(WAKE, fds.wake, POLLIN);
    set.watch(TO_AGENT, agentIsFull ? fds.agentInput : -1, POLLOUT);
    set.watch(TO_SERVER, serverIsFull ? fds.serverInput : -1, POLLOUT);
  }

  #fromAgent(): void {
    if (!this.#readsAgent) {
      this.#agentHungUp = true;
      return this.#life.agentEnded();
    }
    const length = this.#libc.read(this.#options.descriptors.agentOutput, this.#agentRoom.bytes);
    if (length === AGAIN) return;
    // An input that cannot be read has ended.
    if (length <= 0) return this.#endAgent();
    this.#exchange.receive("to_server", this.#agentRoom.taken(length), this.#agentRoom.find);
    this.#flush();
  }

  #fromServer(): void {
    const length = this.#libc.read(this.#options.descriptors.serverOutput, this.#serverRoom.bytes);
    if (length === AGAIN) return;
    // An output that cannot be read has ended; the exit of the process says why.
    if (length <= 0) return this.#endOutput();
    this.#exchange.receive("to_agent", this.#serverRoom.taken(length), this.#serverRoom.find);
    this.#flush();
    this.#life.outputHeard();
  }

  #flush(): void {
    this.#toAgent.flush();
    this.#toServer.flush();
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
      .finally(() => {
        this.#room = undefined;
        this.#awaited.resolve();
      });
    return false;
  }

  /** Whether something is awaited that only the event loop brings. */
  get #isHeldBack(): boolean {
    return this.#room !== undefined || this.#options.context.held.hasBrief;
  }

  /** Gives the event loop the thread until something awaited has happened, but not for long. */
  async #anythingAwaited(): Promise<number> {
    // One promise for all: a race would leave something behind at each that has not come yet.
    const timer = setTimeout(this.#awaited.resolve, AWAITED_MS);
    await this.#awaited.promise;
    clearTimeout(timer);
    this.#awaited = Promise.withResolvers();
    return this.#now();
  }

  /** Gives the event loop the thread for what is ready there. Gives the time after that. */
  async #eventLoopTurn(): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#eventLoopHadItAt = this.#now();
  }

  /** Whether there is an agent that may say something. */
  get #listens(): boolean {
    return !this.#agentEnded && !this.#life.isAgentGone;
  }

  #endAgent(): void {
    if (!this.#agentEnded) this.#exchange.end("to_server");
    this.#agentEnded = true;
    this.#life.agentEnded();
  }

  #endOutput(): void {
    if (!this.#outputEnded) this.#exchange.end("to_agent");
    this.#outputEnded = true;
    this.#life.outputEnded();
  }

  /**
   * Closes the server's input, as the agent has closed ours: once the server has read what came
   * before, if it still can be told anything.
   */
  #closeInput(): void {
    const { toServer } = this.#exchange;
    const isOwed = toServer.queued > 0 || this.#options.context.held.size > 0;
    if (isOwed && !this.#life.isMute) return;
    this.#inputClosed = true;
    toServer.close();
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
