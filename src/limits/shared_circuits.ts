/**
 * The circuits of tools, as far as gateways share them: who opened one, and who probes it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { forgetOldest } from "../oldest.ts";
import type { CircuitReport, FromStore, ToStore } from "./lease_protocol.ts";

/** Circuits of which something is known that no call has asked for yet; and names that are kept. */
const MAX_REMEMBERED = 4096;

/** News of a circuit: open until then, in monotonic milliseconds; or closed. */
export interface CircuitNews {
  readonly openUntil: number | null;
}

/** Answer to whoever wants to probe: whether it may; if not, when to look again. */
export interface ProbeAnswer {
  readonly isOurs: boolean;
  readonly forMs: number;
}

/** Options of {@link SharedCircuits}. */
export interface SharedCircuitsOptions {
  /** The server that the tools belong to. */
  readonly server: string;
  readonly post: (message: ToStore) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** What one gateway tells of its circuits, and hears of the others'. */
export class SharedCircuits {
  readonly #post: (message: ToStore) => void;
  readonly #now: () => number;
  readonly #scope: string;
  readonly #names = new Map<string, string>();
  readonly #news = new Map<string, CircuitNews>();
  readonly #asking = new Map<string, (answer: ProbeAnswer) => void>();

  constructor({ server, post, now }: SharedCircuitsOptions) {
    this.#post = post;
    this.#now = now ?? (() => performance.now());
    this.#scope = digestOf(server);
  }

  /** What was heard of a tool's circuit since it was last asked for. */
  newsOf(tool: string): CircuitNews | undefined {
    if (this.#news.size === 0) return undefined;
    const name = this.#nameOf(tool), news = this.#news.get(name);
    this.#news.delete(name);
    return news;
  }

  opened(tool: string, forMs: number): void {
    this.#tell({ event: "opened", circuit: this.#nameOf(tool), forMs });
  }

  closed(tool: string): void {
    this.#tell({ event: "closed", circuit: this.#nameOf(tool) });
  }

  /** The probe was not made after all. */
  released(tool: string): void {
    this.#tell({ event: "released", circuit: this.#nameOf(tool) });
  }

  /** Asks whether this gateway may probe, for one call of a tool: whoever asked before may not. */
  probe(tool: string, forMs: number, answered: (answer: ProbeAnswer) => void): void {
    const circuit = this.#nameOf(tool);
    this.#asking.get(circuit)?.({ isOurs: false, forMs });
    this.#asking.set(circuit, answered);
    this.#tell({ event: "probe", circuit, forMs });
  }

  /** Takes what the store says of circuits. */
  receive(message: FromStore): void {
    if (message.type === "probe") {
      const answered = this.#asking.get(message.circuit);
      this.#asking.delete(message.circuit);
      answered?.(message);
    } else if (message.type === "circuit" && message.circuit.startsWith(this.#scope)) {
      const { circuit, openMs } = message;
      this.#news.set(circuit, { openUntil: openMs === null ? null : this.#now() + openMs });
      if (this.#news.size > MAX_REMEMBERED) forgetOldest(this.#news, MAX_REMEMBERED);
    }
  }

  #tell(report: CircuitReport): void {
    this.#post({ type: "circuit", report });
  }

  #nameOf(tool: string): string {
    let name = this.#names.get(tool);
    if (name === undefined) {
      this.#names.set(tool, name = `${this.#scope}.${digestOf(tool)}`);
      if (this.#names.size > MAX_REMEMBERED) forgetOldest(this.#names, MAX_REMEMBERED);
    }
    return name;
  }
}

/** Agents choose names of tools: what leaves the gateway is a digest. */
function digestOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}
