/**
 * Rules of how a session comes to its end, which every transport keeps; free of timers and streams.
 *
 * @module
 */

import type { SessionContext } from "../session/context.ts";
import type { Session } from "../session/session.ts";
import type { Ending, Exit } from "./transport.ts";

/** Milliseconds that a server may take to end by itself after the agent has closed its input. */
export const EOF_GRACE_MS = 5000;
/**
 * The same without a sign of life while a call is open, whose answer may still be wanted, or while
 * the server has not read all.
 */
export const OPEN_CALL_GRACE_MS = 300_000;
/** Milliseconds between asking the server to stop and making it. Clients kill us after 2,000. */
export const STOP_GRACE_MS = 1000;
/** Milliseconds that the server's output may stay open in silence after the server has ended. */
const DRAIN_MS = 250;
/** Milliseconds without progress after which an agent that does not read is given up. */
const DEAD_READER_MS = 5000;

/** Bytes on their way to one end. */
export interface Delivery {
  /** Bytes that are not written yet. */
  readonly queued: number;
  /** Bytes written so far: grows as long as the reader reads. */
  readonly progress: number;
  /** Drops everything, now and from now on. */
  close(): void;
}

/** Options of a {@link Lifecycle}. */
export interface LifecycleOptions {
  readonly session: Session;
  readonly context: SessionContext;
  readonly toAgent: Delivery;
  readonly toServer: Delivery;
  /** Sends a signal to the server and to all that it has started. */
  readonly signalServer: (signal: Deno.Signal) => void;
  /** Monotonic milliseconds, of the same clock as the session's. */
  readonly now?: () => number;
}

/**
 * One session's life. The transport tells what happens; {@link tick} does what is due, and
 * {@link nextDeadline} says when to call it at the latest. After a tick, the session may have
 * something to say to either end.
 *
 * ```text
 * running ─(server exits)─► draining ─► swept ─► delivering ─► over
 *            output read to its end, or silent   │   │ the agent has taken all, or takes nothing
 *                    the rest of its group is killed └ open calls are ended
 * ```
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #now: () => number;
  #phase: "running" | "draining" | "swept" | "delivering" | "over" = "running";
  #exit: Exit | undefined;
  #stopping = false;
  /** Whether the agent says no more; whether it reads no more; whether the server may hear no more. */
  #agentEnded = false;
  #agentGone = false;
  #inputClosed = false;
  #outputEnded = false;
  #isMute = false;
  /** When the server has had its time to end by itself, and what it had taken when that began. */
  #graceAt = Infinity;
  #graceIsLong = false;
  #given = 0;
  /** When a server that has closed its output, and lives, is given up. */
  #muteAt = Infinity;
  /** When a server that does not read any more is asked to stop. */
  #uselessAt = Infinity;
  /** When a server that was asked to stop is made to. */
  #killAt = Infinity;
  /** When the agent last took something, or a phase began; and what it had taken by then. */
  #movedAt = 0;
  #taken = 0;
  /** Whether an agent that has ended took nothing when it was looked at last. */
  #readsNothing = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** End of the session; undefined while it has not come. */
  get ending(): Ending | undefined {
    if (this.#phase !== "over") return undefined;
    return { ...this.#exit!, undelivered: this.#options.toAgent.queued };
  }

  /**
   * Whether the agent is still listened to; what it asks once its open calls are ended goes unread.
   */
  get isServing(): boolean {
    return !this.#agentGone && this.#phase !== "delivering" && this.#phase !== "over";
  }

  /** Passes a signal on to the server, which ends the session one way or the other. */
  stop(signal: Deno.Signal): void {
    if (this.#stopping) return this.#options.signalServer("SIGKILL");
    this.#stopping = true;
    this.#askToStop(signal);
  }

  /** Whether the agent takes nothing any more. */
  get isAgentGone(): boolean {
    return this.#agentGone;
  }

  /** Whether nothing can be asked of the server any more, though it lives: its input is to close. */
  get isMute(): boolean {
    return this.#isMute;
  }

  /**
   * The agent says no more, though some of what it said may be unread. The server's input is closed
   * once it has read that, and what is held of it was settled; but that does not take for ever.
   */
  agentEnded(): void {
    if (this.#agentEnded) return;
    this.#agentEnded = true;
    this.#movedAt = this.#now();
    this.#taken = this.#options.toAgent.progress;
    this.#watchGrace();
  }

  /** The agent does not read any more: nothing can be delivered. */
  agentLost(): void {
    this.agentEnded();
    this.#agentGone = true;
    this.#options.session.endAll("agent_gone", "its input is closed");
  }

  /** The server's input was closed: it should end now. */
  inputClosed(): void {
    this.#inputClosed = true;
    this.#watchGrace();
  }

  /** The server does not read any more: it is about to end, or is of no use. */
  inputLost(): void {
    this.#uselessAt = Math.min(this.#uselessAt, this.#now() + DRAIN_MS);
  }

  /** The server has said something. */
  outputHeard(): void {
    if (this.#agentEnded) this.#watchGrace();
  }

  /** The server's output has ended. */
  outputEnded(): void {
    this.#outputEnded = true;
    this.#muteAt = this.#now() + DRAIN_MS;
  }

  /** The server's process has ended; others of its group may still live. */
  serverExited(exit: Exit): void {
    this.#exit = exit;
    this.#enter("draining");
  }

  /** When {@link tick} has to be called at the latest, in monotonic milliseconds. */
  get nextDeadline(): number {
    if (this.#phase !== "running") return this.#isThrough ? 0 : this.#patience;
    const { next } = this.#options.context.deadlines;
    const own = Math.min(this.#graceAt, this.#uselessAt, this.#killAt, this.#muteAt, this.#lostAt);
    return next === null ? own : Math.min(own, next);
  }

  /** When an agent that has ended, and takes nothing of what waits for it, is looked at again. */
  get #lostAt(): number {
    const isOwed = this.#agentEnded && this.#options.toAgent.queued > 0;
    return isOwed ? this.#movedAt + DEAD_READER_MS / 2 : Infinity;
  }

  /** Does what is due. */
  tick(): void {
    const now = this.#now();
    if (this.#phase === "running") this.#live(now);
    else this.#wind(now);
  }

  #live(now: number): void {
    const { context: { deadlines }, signalServer } = this.#options;
    if (deadlines.next !== null && deadlines.next <= now) {
      deadlines.expire();
      if (this.#agentEnded) this.#watchGrace();
    }
    if (this.#lostAt <= now) this.#watchReader(now);
    if (this.#muteAt <= now) this.#giveUpServer();
    if (this.#uselessAt <= now) {
      this.#uselessAt = Infinity;
      this.#askToStop("SIGTERM");
    }
    if (this.#graceAt <= now) this.#endGrace();
    if (this.#killAt <= now) {
      this.#killAt = Infinity;
      signalServer("SIGKILL");
    }
  }

  /** Gives up an agent that has ended and takes nothing for long. */
  #watchReader(now: number): void {
    const { toAgent } = this.#options, { progress } = toAgent;
    const isStill = progress === this.#taken;
    if (isStill && this.#readsNothing) {
      toAgent.close();
      return this.agentLost();
    }
    this.#readsNothing = isStill;
    this.#taken = progress;
    this.#movedAt = now;
  }

  /** Gives up a server that can answer nothing: whoever waits is told, and it is to end. */
  #giveUpServer(): void {
    this.#muteAt = Infinity;
    if (this.#stopping || this.#agentGone) return;
    this.#isMute = true;
    this.#options.toServer.close();
    this.#options.session.loseServer("it closed its output");
  }

  /** Walks from the server's exit to the end, as far as it goes. */
  #wind(now: number): void {
    const { session, toAgent, signalServer } = this.#options;
    if (toAgent.progress !== this.#taken) {
      this.#taken = toAgent.progress;
      this.#movedAt = now;
    }
    if (!this.#isThrough && now < this.#patience) return;
    if (this.#phase === "draining") {
      // What is left of the group holds the pipes open, or would outlive us.
      signalServer("SIGKILL");
      this.#enter("swept");
    } else if (this.#phase === "swept") {
      const outcome = this.#stopping || this.#agentGone ? "agent_gone" : "server_gone";
      session.endAll(outcome, this.#exit!.detail);
      this.#enter("delivering");
    } else {
      this.#phase = "over";
    }
  }

  /** Whether this phase has nothing left to wait for. */
  get #isThrough(): boolean {
    const { queued } = this.#options.toAgent;
    return this.#phase === "delivering" ? queued === 0 : this.#outputEnded && queued === 0;
  }

  /**
   * Until when this phase goes on though nothing moves: longer for an agent that has something to
   * read than for an output that somebody keeps open in silence.
   */
  get #patience(): number {
    const isRead = this.#options.toAgent.queued > 0 && !this.#stopping;
    return this.#movedAt + (isRead ? DEAD_READER_MS : DRAIN_MS);
  }

  #enter(phase: "draining" | "swept" | "delivering"): void {
    this.#phase = phase;
    this.#movedAt = this.#now();
    this.#taken = this.#options.toAgent.progress;
  }

  #askToStop(signal: Deno.Signal): void {
    this.#options.signalServer(signal);
    this.#killAt = Math.min(this.#killAt, this.#now() + STOP_GRACE_MS);
  }

  /**
   * Gives the server time to end by itself: more while its input or a call is open, and anew with
   * each sign.
   */
  #watchGrace(): void {
    if (this.#phase !== "running") return;
    const isOpen = this.#isAwaited;
    this.#given = this.#options.toServer.progress;
    if (this.#graceAt !== Infinity && !isOpen && !this.#graceIsLong) return;
    this.#graceIsLong = isOpen;
    this.#graceAt = this.#now() + (isOpen ? OPEN_CALL_GRACE_MS : EOF_GRACE_MS);
  }

  /** Has a server stopped that did not end by itself, unless it is still being told what to do. */
  #endGrace(): void {
    this.#graceAt = Infinity;
    const hasActed = this.#options.toServer.progress !== this.#given;
    if (hasActed || this.#isAwaited && !this.#graceIsLong) this.#watchGrace();
    else this.stop("SIGTERM");
  }

  /** Whether the server has something to do still. */
  get #isAwaited(): boolean {
    return !this.#inputClosed || this.#options.session.openRequests.calls > 0;
  }
}
