/**
 * Everything that the sessions of one process share.
 *
 * @module
 */

import { Scanner } from "../wire/scan.ts";
import type { RefusalStyle } from "../wire/answers.ts";
import type { Direction } from "./call.ts";
import { CallIds } from "./call_id.ts";
import { Deadlines } from "./deadlines.ts";
import { HeldTexts } from "./held.ts";
import { Turns } from "./turns.ts";

/** Options of a {@link SessionContext}. */
export interface SessionContextOptions {
  /** Longest text that is accepted, in bytes. */
  readonly maxMessageBytes: number;
  /** Milliseconds after which an open call is given up; 0 for never. */
  readonly callTimeoutMs: number;
  /** Called when a tap or a stage throws. */
  readonly onFault: (where: string, fault: unknown) => void;
  /** Form of the answers to calls that stages refuse; errors by default. */
  readonly refusalStyle?: RefusalStyle;
  /** Whether the taps are told of every message (for a debug log). */
  readonly trace?: boolean;
  /** Called once, when the first message goes on to an agent. */
  readonly onFirstAnswer?: (() => void) | undefined;
  /** Milliseconds since the epoch. */
  readonly wall?: () => number;
  /** Monotonic milliseconds. */
  readonly mono?: () => number;
}

/**
 * The part of the line that is there once, however many sessions use it: readers, clocks,
 * deadlines, and the bounds on what is held.
 */
export class SessionContext {
  readonly maxMessageBytes: number;
  readonly onFault: (where: string, fault: unknown) => void;
  readonly refusalStyle: RefusalStyle;
  readonly trace: boolean;
  readonly wall: () => number;
  readonly mono: () => number;
  readonly callIds = new CallIds();
  readonly deadlines: Deadlines;
  readonly held = new HeldTexts();
  readonly turns = new Turns();
  /**
   * One for each direction, and one for texts that were held: entering a text is synchronous, so
   * that sessions never meet in one.
   */
  readonly scanners: Readonly<Record<Direction | "held", Scanner>> = {
    to_server: new Scanner(),
    to_agent: new Scanner(),
    held: new Scanner(),
  };

  #onFirstAnswer: (() => void) | undefined;

  constructor(options: SessionContextOptions) {
    this.maxMessageBytes = options.maxMessageBytes;
    this.onFault = options.onFault;
    this.refusalStyle = options.refusalStyle ?? "error";
    this.trace = options.trace ?? false;
    this.wall = options.wall ?? Date.now;
    this.mono = options.mono ?? (() => performance.now());
    this.deadlines = new Deadlines({ callTimeoutMs: options.callTimeoutMs, mono: this.mono });
    this.#onFirstAnswer = options.onFirstAnswer;
  }

  /** Notes that a message goes on to an agent. */
  noteAnswer(): void {
    if (this.#onFirstAnswer === undefined) return;
    const tell = this.#onFirstAnswer;
    this.#onFirstAnswer = undefined;
    tell();
  }
}
