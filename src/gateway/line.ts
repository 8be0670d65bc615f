/**
 * All that stands between the two ends of a wrap, put together: the policy, the audit log, and the
 * session with its stages and taps. It lives on one thread, whichever the transport needs.
 *
 * @module
 */

import { AuditLog } from "../audit/audit_log.ts";
import { auditGuard, UNRECORDABLE } from "../audit/guard.ts";
import type { Config } from "../config/config.ts";
import { Diagnostics } from "../taps/diagnostics.ts";
import { CircuitBreaker } from "../limits/circuit_breaker.ts";
import { RateLimiter } from "../limits/rate_limits.ts";
import { type Log, type LogLine, mapLog, postedLog } from "../log.ts";
import type { PolicyRuntime, PolicyStages } from "../policy/runtime.ts";
import type { Refusal, Stage } from "../session/pipeline.ts";
import { Session } from "../session/session.ts";
import type { TransportOptions } from "../transport/ends.ts";
import type { Ending } from "../transport/lifecycle.ts";

/** Milliseconds between two looks at the audit log's timer and reports: it promises 50. */
const AUDIT_TURN_MS = 10;
/** The same while the policy loads something: what it awaits comes in many small steps. */
const LOADING_TURN_MS = 1;

/** What a line is made from. */
export interface LineOptions {
  readonly config: Config;
  readonly log: Log;
  /** The `server_name` column. */
  readonly serverName: string;
  /** The port of an audit thread that was started elsewhere; without it, one is started here. */
  readonly auditPort?: MessagePort;
}

/** One session's line. */
export class Line {
  readonly #diagnostics: Diagnostics;
  readonly #stages: PolicyStages | undefined;
  readonly #options: LineOptions;

  private constructor(
    options: LineOptions,
    /** Redacts what the policy redacts. */
    readonly log: Log,
    readonly policy: PolicyRuntime | null,
    readonly audit: AuditLog,
    sessionId: string,
  ) {
    this.#options = options;
    this.#diagnostics = new Diagnostics(log);
    this.#stages = policy?.stages(sessionId);
    const { config } = options;
    this.session = new Session({
      maxMessageBytes: config.maxMessageBytes,
      callTimeoutMs: config.callTimeoutMs,
      stages: [
        auditGuard(audit),
        ...this.#stages?.decide ?? [],
        ...limits(config, sessionId),
        breaker(config, log).stage(),
        ...this.#stages?.redact ?? [],
      ],
      taps: [audit.tap, this.#diagnostics.tap],
      refusalStyle: config.responses.style,
      trace: log.enabled("debug"),
      onFault: (where, fault) => log.error(`the ${where} failed`, { fault: String(fault) }),
    });
  }

  /** What the bytes walk through. */
  readonly session: Session;

  /**
   * Loads the policy and opens the audit log. Close the line, or its thread does not end.
   *
   * @throws {AuditError} when the audit log cannot be opened; {FileError} for a policy that does not load.
   */
  static async open(options: LineOptions): Promise<Line> {
    const { config, serverName } = options;
    const sessionId = crypto.randomUUID();
    // Nothing is logged before it is known what must be redacted.
    const held: LogLine[] = [];
    let write = (line: LogLine): void => void held.push(line);
    const log = postedLog(config.logLevel, (line) => write(line));
    const [policy, audit] = await Promise.allSettled([
      loadPolicy(options, log),
      AuditLog.open({
        ...config.audit,
        ...config.logRetention,
        path: config.dbPath,
        serverName,
        sessionId,
        log,
        ...(options.auditPort === undefined ? {} : { port: options.auditPort }),
      }),
    ]);
    if (policy.status === "rejected") {
      if (audit.status === "fulfilled") await audit.value.close();
      throw policy.reason;
    }
    if (audit.status === "rejected") throw audit.reason;
    const written = redacted(policy.value, options.log);
    write = ({ level, message, fields }) => written[level](message, fields);
    held.forEach(write);
    return new Line(options, log, policy.value, audit.value, sessionId);
  }

  /** The session, and what holds its bytes back. */
  get transportOptions(): TransportOptions {
    const { audit, session } = this;
    const isStrict = this.#options.config.audit.durability === "strict";
    return {
      session,
      beforeRead: () => audit.pressure(),
      ...(isStrict ? { beforeForward: () => recorded(audit) } : {}),
    };
  }

  /** Says that the server runs, and from now on tells the agent which tools a reload hides. */
  begin(pid: number, deliver: () => void): void {
    this.#stages?.onHiddenTools((notification) => {
      this.session.notifyAgent(notification);
      deliver();
    });
    const { serverName, config } = this.#options;
    this.log.info(`wrapping ${serverName}`, { pid, audit: config.dbPath });
  }

  /** Says how it ended. Gives the exit code. */
  end(ending: Ending): number {
    this.#diagnostics.summarise();
    const { calls, refused } = this.#diagnostics;
    this.log.info(`${this.#options.serverName} ended`, { exit: ending.detail, calls, refused });
    if (ending.undelivered === 0) return ending.code;
    this.log.warn("the agent did not take all that the server said", { bytes: ending.undelivered });
    return ending.code || 1;
  }

  /**
   * How long, in ms, this thread's event loop may wait for a transport that keeps the thread to itself:
   * Infinity while nothing is awaited.
   */
  get eventLoopMayWait(): number {
    if (this.policy?.isBusy) return LOADING_TURN_MS;
    return this.audit.isIdle ? Infinity : AUDIT_TURN_MS;
  }

  /** Ends the audit log, which has so many milliseconds for its last rows. */
  async close(timeoutMs: number | undefined): Promise<void> {
    this.policy?.close();
    await this.audit.close(timeoutMs);
  }
}

/** The policy that the config names; what only policies need is loaded only then. */
async function loadPolicy(
  { config, serverName }: LineOptions,
  log: Log,
): Promise<PolicyRuntime | null> {
  const { policyPaths: files, policy } = config;
  if (files.length === 0) return null;
  const { PolicyRuntime } = await import("../policy/runtime.ts");
  return await PolicyRuntime.load({ ...policy, files, server: serverName, log });
}

/** What the gateway writes of itself is redacted like everything else. */
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

/** No stage at all when there are no limits. */
function limits({ rateLimits }: Config, sessionId: string): Stage[] {
  const isLimited = Object.values(rateLimits).some((limit) => limit !== undefined);
  return isLimited ? [new RateLimiter(rateLimits).stage(sessionId)] : [];
}

function breaker(config: Config, log: Log): CircuitBreaker {
  const { circuitBreaker, callTimeoutMs } = config;
  return new CircuitBreaker(
    { ...circuitBreaker, callTimeoutMs },
    undefined,
    (tool, state) => log.warn(`the circuit of a tool is ${state.replace("_", "-")}`, { tool }),
  );
}

/** Waits until all calls so far are on disk; says so when they cannot be. */
async function recorded(audit: AuditLog): Promise<Refusal | undefined> {
  try {
    await audit.flush();
  } catch {
    return UNRECORDABLE;
  }
}
