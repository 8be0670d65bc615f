/**
 * A circuit breaker for each tool: leaves a failing tool alone for a while, then probes it once.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import { forgetOldest } from "../oldest.ts";
import type { Call, Refusal } from "../session/call.ts";
import type { Hold, Stage } from "../session/pipeline.ts";
import type { SharedCircuits } from "./shared_circuits.ts";

/** Options of a {@link CircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Failures within {@link windowMs} that open the circuit. */
  readonly errorThreshold: number;
  readonly windowMs: number;
  /** Time from open to the one call that probes. */
  readonly cooldownMs: number;
  /** Whether a result with `isError` is a failure, too. */
  readonly countToolErrors: boolean;
  /** Longest time that a probe may go unanswered; 0: as long as the cooldown. */
  readonly callTimeoutMs: number;
}

/** State of a circuit. */
export type CircuitState =
  | { readonly kind: "closed"; readonly failures: readonly number[] }
  | { readonly kind: "open"; readonly until: number }
  /** The probe is null where another gateway makes it. */
  | { readonly kind: "half_open"; readonly probe: Call | null; readonly until: number };

/** Circuits that are remembered; a closed one without failures is not. */
export const MAX_CIRCUITS = 4096;

/**
 * Whether an error says that the request was wrong, not that the tool failed: method or parameters
 * (JSON-RPC 2.0 §5.1), or an HTTP status of 4xx.
 */
function isOfRequest(code: number | null): boolean {
  return code === -32601 || code === -32602 || code !== null && code >= 400 && code < 500;
}

const CLOSED: CircuitState = Object.freeze({ kind: "closed", failures: [] });

/** The circuits of one server, by tool. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #circuits = new Map<string, CircuitState>();
  readonly #now: () => number;
  readonly #onChange: (tool: string, state: CircuitState["kind"]) => void;
  readonly #shared: SharedCircuits | null;

  /**
   * @param now Monotonic milliseconds.
   * @param onChange Called when a circuit opens, half-opens or closes.
   * @param shared Where the circuits are those of all gateways together.
   */
  constructor(
    options: CircuitBreakerOptions,
    now: () => number = () => performance.now(),
    onChange: (tool: string, state: CircuitState["kind"]) => void = () => {},
    shared: SharedCircuits | null = null,
  ) {
    this.#options = options;
    this.#now = now;
    this.#onChange = onChange;
    this.#shared = shared;
  }

  /** State of the circuit of a tool. */
  stateOf(tool: string): CircuitState {
    return this.#circuits.get(tool) ?? CLOSED;
  }

  /**
   * Makes the stage of one session; the circuits are the server's, so all sessions share them.
   *
   * @returns A stage that refuses calls of tools whose circuit is open.
   */
  stage(): Stage {
    return {
      name: "circuit-breaker",
      onRequest: (call) => this.#admit(call),
      onEnd: (call) => this.#learn(call),
    };
  }

  #admit(call: Call): Refusal | Hold | undefined {
    const { tool } = call;
    this.#hear(tool);
    const known = this.stateOf(tool);
    if (known.kind === "closed") return undefined;
    const now = this.#now();
    let state: Exclude<CircuitState, { kind: "closed" }> = known;
    // A probe that nobody answers is a failure; of another gateway's, that one tells.
    if (state.kind === "half_open" && state.probe !== null && now >= state.until) {
      state = this.#open(tool, state.until);
    }
    if (now < state.until) return refusal(state.until - now, state.kind);
    const patienceMs = this.#options.callTimeoutMs || this.#options.cooldownMs;
    this.#set(tool, { kind: "half_open", probe: call, until: now + patienceMs });
    return this.#shared === null ? undefined : this.#holdForProbe(call, patienceMs, this.#shared);
  }

  /** Takes up what other gateways have found out. */
  #hear(tool: string): void {
    const news = this.#shared?.newsOf(tool);
    if (news === undefined) return;
    this.#set(tool, news.openUntil === null ? CLOSED : { kind: "open", until: news.openUntil });
  }

  /** Holds what would be our probe until it is known whether another gateway probes. */
  #holdForProbe(call: Call, patienceMs: number, shared: SharedCircuits): Hold {
    const { tool } = call;
    const isOurProbe = () => {
      const state = this.stateOf(tool);
      return state.kind === "half_open" && state.probe === call;
    };
    return {
      isBrief: true,
      start: (settle) =>
        shared.probe(tool, patienceMs, ({ isOurs, forMs }) => {
          if (!isOurProbe()) {
            if (isOurs) shared.released(tool);
            return settle(this.#refusalNow(tool));
          }
          if (isOurs) return settle();
          this.#set(tool, { kind: "half_open", probe: null, until: this.#now() + forMs });
          settle(refusal(forMs, "half_open"));
        }),
    };
  }

  /** For a call that is no probe after all: another gateway has told, meanwhile, how it went. */
  #refusalNow(tool: string): Refusal | undefined {
    const state = this.stateOf(tool);
    if (state.kind === "closed") return undefined;
    return refusal(Math.max(0, state.until - this.#now()), state.kind);
  }

  #learn(call: Call): void {
    const { tool } = call, state = this.stateOf(tool), verdict = this.#verdict(call);
    if (state.kind === "closed" && verdict !== "failure") return;
    const now = this.#now();
    if (state.kind === "half_open") {
      if (state.probe !== call) return;
      if (verdict === "failure") this.#open(tool, now);
      else if (verdict === "success") {
        this.#set(tool, CLOSED);
        this.#shared?.closed(tool);
      } else {
        // Cancelled, or not made at all: the next call is the probe.
        this.#circuits.set(tool, { kind: "open", until: now });
        this.#shared?.released(tool);
      }
    } else if (state.kind === "closed") {
      const { errorThreshold, windowMs } = this.#options;
      const failures = [...state.failures.filter((at) => at > now - windowMs), now];
      if (failures.length >= errorThreshold) this.#open(tool, now);
      else this.#set(tool, { kind: "closed", failures });
    }
  }

  #verdict(call: Call): "success" | "failure" | "neither" {
    if (!call.forwarded) return "neither";
    switch (call.end!.outcome) {
      case "ok":
      case "task":
        return "success";
      case "tool_error":
        return this.#options.countToolErrors ? "failure" : "success";
      case "error":
        // What the gateway itself kept back says nothing of the server.
        if (call.end!.policyHit !== null) return "neither";
        return isOfRequest(call.end!.errorCode) ? "success" : "failure";
      case "timed_out":
      case "server_gone":
        return "failure";
      default:
        return "neither";
    }
  }

  #open(tool: string, since: number): Extract<CircuitState, { kind: "open" }> {
    const open = { kind: "open", until: since + this.#options.cooldownMs } as const;
    this.#set(tool, open);
    this.#shared?.opened(tool, open.until - this.#now());
    return open;
  }

  #set(tool: string, state: CircuitState): void {
    const before = this.stateOf(tool).kind;
    if (state === CLOSED) this.#circuits.delete(tool);
    else this.#circuits.set(tool, state);
    if (this.#circuits.size > MAX_CIRCUITS) this.#forgetOldest();
    if (before !== state.kind) this.#onChange(tool, state.kind);
  }

  /** Forgets a circuit that is closed, if there is one: an open one protects something. */
  #forgetOldest(): void {
    for (const [tool, state] of this.#circuits) {
      if (state.kind === "closed") return void this.#circuits.delete(tool);
    }
    forgetOldest(this.#circuits, MAX_CIRCUITS);
  }
}

function refusal(waitMs: number, state: "open" | "half_open"): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    outcome: "circuit_open",
    policyHit: "circuit-breaker",
    code: WIRE_CODES.circuitOpen,
    message: "The tool was not executed: it has failed repeatedly and is left alone for a while. " +
      `Wait ${seconds} s before you call it again.`,
    data: { outcome: "circuit_open", state, retry_after_secs: seconds },
  };
}
