/**
 * The metrics of one gateway, by prom-client.
 *
 * @module
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import process from "node:process";
import type { MeteredCall, MeteredState, MeteredStatus } from "../taps/call_meter.ts";
import { BoundedLabel, LATENCY_BUCKETS_S, METRICS, scopeOf } from "./metric_names.ts";

type Name = keyof typeof METRICS;

/** When this process began, in seconds since the epoch. */
const STARTED_AT_S = (Date.now() - performance.now()) / 1000;
/** Bytes of a page of memory, as /proc counts them. */
const PAGE_BYTES = 4096;

/** Adds up what the line has noted. */
export class ProcessMetrics {
  readonly #read: () => Promise<MeteredState>;
  readonly #registry = new Registry();
  readonly #tools = new BoundedLabel();
  readonly #rules = new BoundedLabel();
  readonly #calls = this.#counter("agentgate_tool_calls_total", ["tool", "status"]);
  readonly #durations = new Histogram({
    ...this.#named("agentgate_tool_call_duration_seconds"),
    labelNames: ["tool"],
    buckets: [...LATENCY_BUCKETS_S],
  });
  readonly #denials = this.#counter("agentgate_policy_denials_total", ["rule_id"]);
  readonly #limited = this.#counter("agentgate_rate_limit_hits_total", ["scope"]);
  readonly #circuits = new Gauge({
    ...this.#named("agentgate_circuit_breaker_state"),
    labelNames: ["tool"],
  });
  readonly #open = new Gauge(this.#named("agentgate_active_sessions"));
  readonly #reloads = this.#counter("agentgate_policy_reloads_total", ["result"]);
  readonly #queue = new Gauge(this.#named("agentgate_audit_queue_bytes"));
  readonly #unrecorded = this.#counter("agentgate_unrecorded_calls_total", []);
  /** Made where limits are shared. */
  #outage: Gauge | undefined;
  readonly #process = processGauges(this.#registry);

  /** @param read Has the line hand over what it has noted, and tells what is true now. */
  constructor(read: () => Promise<MeteredState>) {
    this.#read = read;
  }

  /** Counts calls. */
  add(calls: readonly MeteredCall[]): void {
    const alike = new Map<string, { tool: string; status: MeteredStatus; count: number }>();
    for (const { tool: name, status, hit, latencyMs } of calls) {
      const tool = this.#tools.of(name), key = `${status} ${tool}`, counted = alike.get(key);
      if (counted === undefined) alike.set(key, { tool, status, count: 1 });
      else counted.count++;
      if (latencyMs !== null) this.#durations.observe({ tool }, latencyMs / 1000);
      if (status === "denied") this.#denials.inc({ rule_id: this.#rules.of(hit ?? "unknown") });
      else if (status === "rate_limited") this.#limited.inc({ scope: scopeOf(hit) });
    }
    for (const { tool, status, count } of alike.values()) this.#calls.inc({ tool, status }, count);
  }

  /** The exposition, as the answer to a request for it. */
  async answer(): Promise<Response> {
    const state = await this.#read();
    this.#open.set(state.open);
    this.#queue.set(state.auditQueueBytes);
    setTo(this.#unrecorded, {}, state.unrecordedCalls);
    setTo(this.#reloads, { result: "success" }, state.policyReloads);
    this.#reloads.inc({ result: "failure" }, state.failedPolicyReloads);
    for (const { labels } of (await this.#circuits.get()).values) this.#circuits.set(labels, 0);
    for (const [tool, kind] of state.circuits) {
      this.#circuits.set({ tool: this.#tools.of(tool) }, kind === "open" ? 1 : 2);
    }
    if (state.limitsAreOut !== null) {
      this.#outage ??= new Gauge(this.#named("agentgate_fleet_limits_outage"));
      this.#outage.set(Number(state.limitsAreOut));
    }
    this.#process();
    return new Response(await this.#registry.metrics(), {
      headers: { "content-type": this.#registry.contentType },
    });
  }

  #named(name: Name): { name: string; help: string; registers: Registry[] } {
    return { name, help: METRICS[name], registers: [this.#registry] };
  }

  #counter<Label extends string>(name: Name, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ ...this.#named(name), labelNames: [...labelNames] });
  }
}

/** Brings a counter to what was counted elsewhere. */
function setTo(counter: Counter, labels: Record<string, string>, total: number): void {
  counter.reset();
  counter.inc(labels, total);
}

/** The five metrics of a process that every exporter has, and the function that reads them. */
function processGauges(registry: Registry): () => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const cpu = new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system time",
    registers: [registry],
  });
  const resident = gauge("process_resident_memory_bytes", "Resident memory");
  const virtual = gauge("process_virtual_memory_bytes", "Virtual memory");
  const descriptors = gauge("process_open_fds", "Open descriptors");
  gauge("process_start_time_seconds", "Start, since the epoch").set(STARTED_AT_S);
  return () => {
    const { user, system } = process.cpuUsage();
    setTo(cpu, {}, (user + system) / 1e6);
    resident.set(Deno.memoryUsage().rss);
    try {
      virtual.set(Number(Deno.readTextFileSync("/proc/self/statm").split(" ")[0]) * PAGE_BYTES);
      descriptors.set([...Deno.readDirSync("/proc/self/fd")].length);
    } catch {
      // Only Linux tells.
    }
  };
}
