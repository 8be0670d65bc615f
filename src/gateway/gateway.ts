/**
 * Everything that a process has once, however many sessions it serves: the policy, the audit log,
 * the limits, and what its sessions share. It lives on one thread, whichever the transport needs.
 *
 * @module
 */

import { AuditLog } from "../audit/audit_log.ts";
import { auditGuard, recordFirst } from "../audit/stages.ts";
import type { Config } from "../config/config.ts";
import { CircuitBreaker, type CircuitState } from "../limits/circuit_breaker.ts";
import type { FromStore, ToStore } from "../limits/lease_protocol.ts";
import type { Leases } from "../limits/leases.ts";
import { RateLimiter } from "../limits/rate_limits.ts";
import { type Log, type LogLine, mapLog, postedLog, writeLine } from "../log.ts";
import type { CallSpans } from "../taps/spans.ts";
import type { AgentTransport } from "../taps/telemetry_names.ts";
import type { PolicyRuntime } from "../policy/runtime.ts";
import { SessionContext } from "../session/context.ts";
import type { Stage } from "../session/pipeline.ts";
import { selfStage } from "../policy/self_stage.ts";
import { CallMeter, type MeteredCall, type MeteredState } from "../taps/call_meter.ts";
import { Diagnostics } from "../taps/diagnostics.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { ownFilesOf } from "./own_files.ts";
import { retentionOf } from "./retention.ts";
import { type OpenLimits, openSharedLimits } from "./shared_limits.ts";

/** Milliseconds between two looks at the audit log's timer and reports: it promises 50. */
const AUDIT_TURN_MS = 10;
/** The same while the policy loads something: what it awaits comes in many small steps. */
const LOADING_TURN_MS = 1;

/** Options of a {@link Gateway}. */
export interface GatewayOptions {
  readonly config: Config;
  readonly log: Log;
  /** The `server_name` column. */
  readonly serverName: string;
  /** The port of an audit thread that was started elsewhere; without it, one is started here. */
  readonly auditPort?: MessagePort;
  /** Called once, when the first message goes on to the agent: what can wait begins then. */
  readonly onFirstAnswer?: (() => void) | undefined;
  /** Whether this process exports telemetry. */
  readonly exportsTelemetry?: boolean;
  /** How agents reach it; `stdio` by default. */
  readonly agentTransport?: AgentTransport;
  /** Asks for tokens of shared limits where another thread does that; else this one does. */
  readonly toStore?: ((message: ToStore) => void) | undefined;
  /** Takes calls that have ended, where they are counted for Prometheus. */
  readonly onMetered?: ((calls: readonly MeteredCall[]) => void) | undefined;
}

/** Makes connections, and closes what they share. */
export class Gateway {
  readonly serverName: string;
  readonly config: Config;
  /** Redacts what the policy redacts. */
  readonly log: Log;
  readonly policy: PolicyRuntime | null;
  readonly audit: AuditLog;
  readonly context: SessionContext;
  readonly diagnostics: Diagnostics;
  /** Null where no telemetry is exported. */
  readonly spans: CallSpans | null;
  /** Null where nobody counts. */
  readonly meter: CallMeter | null;
  readonly #circuits = new Map<string, "open" | "half_open">();
  readonly #limits: OpenLimits | null;
  readonly #limiter: RateLimiter | null;
  readonly #first: readonly Stage[];
  readonly #breaker: readonly Stage[];
  readonly #last: readonly Stage[];

  private constructor(
    { config, serverName, onFirstAnswer, onMetered }: GatewayOptions,
    log: Log,
    policy: PolicyRuntime | null,
    audit: AuditLog,
    spans: CallSpans | null,
    limits: OpenLimits | null,
  ) {
    this.serverName = serverName;
    this.config = config;
    this.log = log;
    this.policy = policy;
    this.audit = audit;
    if (policy !== null) policy.facts.onFact = (fact) => audit.noteFact(fact);
    this.diagnostics = new Diagnostics(log);
    this.meter = onMetered === undefined ? null : new CallMeter(onMetered);
    this.context = new SessionContext({
      maxMessageBytes: config.maxMessageBytes,
      callTimeoutMs: config.callTimeoutMs,
      refusalStyle: config.responses.style,
      trace: log.enabled("debug"),
      onFirstAnswer,
      onFault: (where, fault) => log.error(`the ${where} failed`, { fault: String(fault) }),
    });
    const own = config.policy.protectSelf ? [ownFilesOf(config, Deno.env.toObject())] : [];
    this.spans = spans;
    const traced = spans === null ? [] : [spans.stage()];
    this.#first = [...traced, auditGuard(audit), ...own.map(selfStage)];
    this.#limits = limits;
    this.#limiter = limiterOf(config, serverName, limits?.leases ?? null);
    this.#breaker = config.circuitBreaker.enabled ? [this.#breakerOf(config).stage()] : [];
    this.#last = config.audit.durability === "strict" ? [recordFirst(audit)] : [];
  }

  /**
   * Loads the policy and opens the audit log. Close the gateway, or its thread does not end.
   *
   * @throws {AuditError} when the audit log cannot be opened; {FileError} for a policy that does not load.
   */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const { config } = options;
    // Nothing is logged before it is known what must be redacted.
    const held: LogLine[] = [];
    let write = (line: LogLine): void => void held.push(line);
    const log = postedLog(config.logLevel, (line) => write(line));
    const limits = await openSharedLimits({ ...options, log });
    const [policy, audit] = await Promise.allSettled([
      loadPolicy(options, log, limits?.leases ?? null),
      AuditLog.open({
        ...config.audit,
        retention: retentionOf(config),
        path: config.dbPath,
        log,
        ...(options.auditPort === undefined ? {} : { port: options.auditPort }),
      }),
    ]);
    if ([policy, audit].some(({ status }) => status === "rejected")) await limits?.close();
    if (policy.status === "rejected") {
      if (audit.status === "fulfilled") await audit.value.close();
      throw policy.reason;
    }
    if (audit.status === "rejected") throw audit.reason;
    const written = redacted(policy.value, options.log);
    write = (line) => writeLine(written, line);
    held.forEach(write);
    const spans = options.exportsTelemetry
      ? new (await import("../taps/spans.ts")).CallSpans(options.agentTransport ?? "stdio")
      : null;
    return new Gateway(options, log, policy.value, audit.value, spans, limits);
  }

  /** Takes what the store of shared limits says, where that is on another thread. */
  hearStore(message: FromStore): void {
    this.#limits?.receive(message);
  }

  /** Begins a session of one agent. Close the connection when it is over. */
  connect({ sessionId, tellAgent, agent }: ConnectionOptions): Connection {
    const policy = this.policy?.connect(sessionId, tellAgent);
    return new Connection({
      context: this.context,
      stages: [
        ...this.#first,
        ...policy?.decide ?? [],
        ...this.#limiter === null ? [] : [this.#limiter.stage(agent ?? sessionId)],
        ...this.#breaker,
        ...policy?.redact ?? [],
        ...this.#last,
      ],
      taps: [
        this.audit.tapFor(this.serverName, sessionId),
        this.diagnostics.tap,
        ...this.meter === null ? [] : [this.meter.tap],
        ...this.spans === null ? [] : [this.spans.tapFor(this.serverName, sessionId)],
      ],
      onClose: () => policy?.close(),
    });
  }

  /** What metrics tell besides the calls that have ended; hands those over. */
  readMeter(): MeteredState {
    this.meter?.flush();
    return {
      open: this.meter?.open ?? 0,
      auditQueueBytes: this.audit.unstoredBytes,
      unrecordedCalls: this.audit.unrecordedCalls,
      policyReloads: this.policy?.reloads ?? 0,
      failedPolicyReloads: this.policy?.failedReloads ?? 0,
      circuits: [...this.#circuits],
      limitsAreOut: this.#limits?.leases.isOut ?? null,
    };
  }

  #breakerOf({ circuitBreaker, callTimeoutMs }: Config): CircuitBreaker {
    const onChange = (tool: string, state: CircuitState["kind"]) => {
      this.log.warn(`the circuit of a tool is ${state.replace("_", "-")}`, { tool });
      if (state === "closed") this.#circuits.delete(tool);
      else this.#circuits.set(tool, state);
    };
    const shared = this.#limits?.circuits ?? null;
    return new CircuitBreaker({ ...circuitBreaker, callTimeoutMs }, undefined, onChange, shared);
  }

  /**
   * Milliseconds that this thread's event loop may wait for a transport that keeps the thread to
   * itself: Infinity while nothing is awaited.
   */
  get eventLoopMayWait(): number {
    if (this.policy?.isBusy) return LOADING_TURN_MS;
    return this.audit.isIdle ? Infinity : AUDIT_TURN_MS;
  }

  /**
   * Ends the audit log, which has so many milliseconds for its last rows.
   *
   * @returns Whether every record that has to be kept is in the log.
   */
  async close(timeoutMs?: number): Promise<boolean> {
    this.policy?.close();
    if (this.spans !== null && this.spans.dropped > 0) {
      this.log.warn("there was no room for the spans of some calls", { calls: this.spans.dropped });
    }
    await this.#limits?.close();
    return await this.audit.close(timeoutMs);
  }
}

/** The policy that the config names; what only policies need is loaded only then. */
async function loadPolicy(
  { config, serverName }: GatewayOptions,
  log: Log,
  leases: Leases | null,
): Promise<PolicyRuntime | null> {
  const { policyPaths: files, policy } = config;
  if (files.length === 0) return null;
  const { PolicyRuntime } = await import("../policy/runtime.ts");
  return await PolicyRuntime.load({ ...policy, files, server: serverName, log, leases });
}

/** Makes a log that redacts what the gateway writes of itself. */
function redacted(policy: PolicyRuntime | null, log: Log): Log {
  if (policy === null) return log;
  return mapLog(log, (text) => {
    try {
      return policy.redact(text);
    } catch {
      return "[a line that could not be searched for secrets in time]";
    }
  });
}

/** Null when there are no limits. */
function limiterOf(
  { rateLimits }: Config,
  server: string,
  leases: Leases | null,
): RateLimiter | null {
  const isLimited = Object.values(rateLimits).some((limit) => limit !== undefined);
  if (!isLimited) return null;
  return new RateLimiter(rateLimits, undefined, leases === null ? undefined : { leases, server });
}
