/**
 * The circuits that gateways share, as a gateway tells the engine of them and hears of them there.
 *
 * @module
 */

import { forgetOldest } from "../../oldest.ts";
import type { CircuitReport, FromStore } from "../../limits/lease_protocol.ts";
import { CIRCUIT_SCRIPT } from "./circuit_script.ts";
import type { Connection } from "./connection.ts";
import type { Keys } from "./keys.ts";

/** Circuits of which reports are kept. */
const MAX_UNSAID = 4096;

/** Passes reports on, and what others report. */
export class Circuits {
  readonly #connecting: Promise<Connection>;
  readonly #keys: Keys;
  /** Names this gateway, as the one that probes. */
  readonly #owner = crypto.randomUUID();
  /** The last report of each circuit, while nobody could be told; since when, in monotonic milliseconds. */
  readonly #unsaid = new Map<string, { readonly report: CircuitReport; readonly since: number }>();
  #listens = false;
  readonly #tell: (message: FromStore) => void;

  constructor(connecting: Promise<Connection>, keys: Keys, tell: (message: FromStore) => void) {
    this.#connecting = connecting;
    this.#keys = keys;
    this.#tell = tell;
  }

  /** Reports what could not be, and hears what is open. To be called when the engine can be asked. */
  async catchUp(): Promise<void> {
    if (!this.#listens) await (await this.#connecting).subscribe(this.#keys.channel);
    this.#listens = true;
    for (const [circuit, { report, since }] of this.#unsaid) {
      this.#unsaid.delete(circuit);
      await this.report(report, performance.now() - since);
    }
    const open = await this.#run("all", "", 0) as (string | number)[];
    for (let i = 0; i < open.length; i += 2) {
      this.#tell({ type: "circuit", circuit: String(open[i]), openMs: Number(open[i + 1]) });
    }
  }

  /** Takes what was published: `CIRCUIT MS`, or `CIRCUIT closed`. */
  published(message: string): void {
    const [circuit, word] = message.split(" "), openMs = Number(word);
    if (circuit === undefined || word !== "closed" && !(openMs >= 0)) return;
    this.#tell({ type: "circuit", circuit, openMs: word === "closed" ? null : openMs });
  }

  /** Answers a report as if there were no other gateway, and keeps what they have to know. */
  alone(report: CircuitReport): void {
    const { event, circuit } = report;
    if (event === "probe") return this.#tell({ type: "probe", circuit, isOurs: true, forMs: 0 });
    if (event !== "released") this.#unsaid.set(circuit, { report, since: performance.now() });
    if (this.#unsaid.size > MAX_UNSAID) forgetOldest(this.#unsaid, MAX_UNSAID);
  }

  /** Passes a report on, so many milliseconds after it was made. */
  async report(report: CircuitReport, ageMs: number = 0): Promise<void> {
    const { event, circuit } = report;
    const forMs = "forMs" in report ? Math.ceil(report.forMs - ageMs) : 0;
    const answer = await this.#run(event, circuit, forMs) as number[];
    if (event !== "probe") return;
    this.#tell({ type: "probe", circuit, isOurs: answer[0] === 1, forMs: Number(answer[1]) });
  }

  async #run(event: string, circuit: string, ms: number): Promise<unknown> {
    const keys = [this.#keys.circuits, this.#keys.probe(circuit)];
    const connection = await this.#connecting;
    return await connection.run(CIRCUIT_SCRIPT, keys, [
      ...[event, circuit, String(Math.max(0, ms)), this.#keys.channel, this.#owner],
    ]);
  }
}
