/** A stage that holds calls, as tests want it. */

import type { Call, Refusal } from "../../src/session/call.ts";
import type { Settle, Stage } from "../../src/session/pipeline.ts";
import { lines } from "./harness.ts";

export const NO_RECORD: Refusal = {
  outcome: "error",
  policyHit: "audit",
  code: -31033,
  message: "no record",
};

/** A stage that holds the tools whose names begin with `hold`, and writes down what it hears. */
export class Holding {
  readonly told: string[] = [];
  /** What settles each held call, in the order in which they were held. */
  readonly held: Settle[] = [];
  readonly stage: Stage;

  constructor(isBrief: boolean, onEnd: (call: Call) => void = () => {}) {
    const start = (settle: Settle) => void this.held.push(settle);
    this.stage = {
      name: "policy",
      onRequest: ({ tool }) => tool.startsWith("hold") ? { isBrief, start } : undefined,
      onHeld: ({ tool }) => void this.told.push(`held ${tool}`),
      onEnd: (call) => {
        this.told.push(`end ${call.tool} ${call.end?.outcome}`);
        onEnd(call);
      },
    };
  }
}

/** These messages as one line. */
export function batch(...messages: string[]): string {
  return `[${messages.map((message) => message.trim())}]\n`;
}

/** What each answer in these lines says: its id, and the code of its error. */
export function ids(text: string): [string | number, number | "ok"][] {
  return lines(text).flat().map((m) => [m.id, m.error?.code ?? "ok"]);
}
