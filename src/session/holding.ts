/**
 * Holding of texts: each is parked with a copy of its bytes, and taken up again where the stages
 * have left it.
 *
 * @module
 */

import { Scanner } from "../wire/scan.ts";
import type { Admission, Holds, ReadText } from "./admission.ts";
import type { Refusal } from "./call.ts";
import type { CallTracker } from "./calls.ts";
import type { SessionContext } from "./context.ts";
import type { GiveUp } from "./deadlines.ts";
import type { SessionRequests } from "./exchange.ts";
import type { HeldText } from "./held.ts";
import { type Hold, isRefusal } from "./pipeline.ts";
import { BATCH_REFUSED, TOO_MANY_HELD } from "./refusals.ts";
import type { OpenRequest } from "./requests.ts";

/** Parts of a session that a {@link Holding} works with. */
export interface HoldingOptions {
  readonly context: SessionContext;
  readonly calls: CallTracker;
  readonly requests: SessionRequests;
  readonly admission: Admission;
  /** Reads a text again that was understood before. */
  readonly read: (held: HeldText, scanner: Scanner) => ReadText;
  /** Sends a text on. */
  readonly pass: (text: ReadText) => void;
  /** Sends a request on that nobody wants to look at any more; undefined where somebody does. */
  readonly passUnread: ((held: HeldText, open: OpenRequest) => void) | undefined;
  /** Gives up a call that is overdue. */
  readonly giveUp: GiveUp;
}

/** The texts of one session that stages hold. */
export class Holding {
  readonly #options: HoldingOptions;

  constructor(options: HoldingOptions) {
    this.#options = options;
  }

  /** Keeps a text, and a copy of its bytes, until all that holds it lets it through. */
  park(text: ReadText, holds: Holds): void {
    const { scanner, start, end } = text;
    this.#park(text, scanner.bytes.slice(start, end + 1), holds);
  }

  #park(text: ReadText, bytes: Uint8Array, holds: Holds): void {
    const { context, calls, requests, admission, giveUp } = this.#options;
    const { exchange, messages } = text, table = requests.tableOf("to_server", exchange);
    const held: HeldText = {
      bytes,
      length: text.end - text.start,
      exchange,
      isAlone: !text.isBatch,
      isBrief: areBrief(holds),
      requests: messages.flatMap(({ kind, id }) => kind === "request" ? table.get(id!)! : []),
      answers: admission.answersIn(text),
      calls: holds.size,
      waiting: new Set(holds.keys()),
    };
    let refusal: Refusal | undefined;
    // What of it is held by nobody waits with the rest, and its bytes will be used again, too.
    for (const { call } of held.requests) if (call !== null) refusal ??= calls.hold(call);
    if (refusal === undefined && !context.held.add(held)) refusal = TOO_MANY_HELD;
    if (refusal !== undefined) return admission.keepBack(text, refusal);
    for (const [open, hold] of holds) {
      if (context.held.textOf(open) !== held) continue;
      // The clock is not read again for what has come just now.
      const since = open.dueAt === null ? open.call!.startedMono : context.mono();
      context.deadlines.start(open, since, giveUp);
      const settle = (refusal?: Refusal) =>
        context.turns.take(() => this.#settle(held, open, refusal));
      const fault = calls.startHold(open.call!, hold, settle);
      if (fault !== undefined) settle(fault);
    }
  }

  /** Ends a request that was cancelled while it was held. */
  cancel(open: OpenRequest): void {
    const { context, calls } = this.#options, held = this.drop(open);
    open.table.delete(open.id);
    context.deadlines.stop(open);
    if (open.call !== null) calls.end(open.call, { outcome: "cancelled" });
    if (held !== undefined) this.refuseRest(held);
  }

  /** Takes out the text that a request is held in: it will not pass. Undefined for none. */
  drop(open: OpenRequest): HeldText | undefined {
    const { held: texts } = this.#options.context, held = texts.textOf(open);
    if (held !== undefined) texts.remove(held);
    return held;
  }

  /** Refuses what is not over yet of a text that was dropped. */
  refuseRest(held: HeldText): void {
    const { admission, read } = this.#options;
    admission.keepBack(read(held, new Scanner()), BATCH_REFUSED);
  }

  /** Takes what a stage has found out about a call that it held. */
  #settle(held: HeldText, open: OpenRequest, refusal: Refusal | undefined): void {
    const { context, read } = this.#options, { exchange } = held;
    if (context.held.textOf(open) !== held || !held.waiting.delete(open)) return;
    try {
      if (refusal !== undefined) {
        context.held.remove(held);
        this.#refuse(read(held, context.scanners.held), open, refusal);
      } else if (held.waiting.size === 0) this.#resume(held);
    } catch (fault) {
      // Nobody else would notice: whoever settles is somewhere outside.
      exchange.fail(fault);
    }
    exchange.deliver();
  }

  /** Takes a text up again. */
  #resume(held: HeldText): void {
    const { context, calls, admission, read, pass, passUnread } = this.#options;
    context.held.remove(held);
    const [first] = held.requests;
    if (passUnread !== undefined && held.isAlone && calls.isThrough(first!.call!)) {
      return passUnread(held, first!);
    }
    const text = read(held, context.scanners.held);
    if (!admission.readmit(text, held.answers)) return;
    const holds = new Map<OpenRequest, Hold>();
    const requests = text.messages.filter(({ kind }) => kind === "request");
    for (const [i, open] of held.requests.entries()) {
      const verdict = open.call === null ? undefined : calls.resume(open.call, requests[i]!);
      if (isRefusal(verdict)) return this.#refuse(text, open, verdict);
      if (verdict !== undefined) holds.set(open, verdict);
    }
    if (holds.size > 0) this.#park(text, held.bytes, holds);
    else pass(text);
  }

  /** Refuses a held call, and with it whatever else its text holds. */
  #refuse(text: ReadText, open: OpenRequest, refusal: Refusal): void {
    const { context, calls, admission } = this.#options;
    const message = text.messages.find(({ kind, id }) => kind === "request" && id === open.id)!;
    open.table.delete(open.id);
    context.deadlines.stop(open);
    calls.end(open.call!, refusal);
    admission.keepBack(text, BATCH_REFUSED, new Map([[message, refusal]]));
  }
}

function areBrief(holds: Holds): boolean {
  for (const hold of holds.values()) if (!hold.isBrief) return false;
  return true;
}
