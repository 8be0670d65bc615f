/**
 * The composition root: the only file that knows everyone.
 *
 * @module
 */

import { auditGuard, UNRECORDABLE } from "./audit/guard.ts";
import { AuditLog } from "./audit/audit_log.ts";
import type { Config } from "./config.ts";
import { Diagnostics } from "./diagnostics.ts";
import { CircuitBreaker } from "./limits/circuit_breaker.ts";
import { RateLimiter } from "./limits/rate_limits.ts";
import { type Log, mapLog } from "./log.ts";
import type { PolicyRuntime } from "./policy/runtime.ts";
import type { Refusal } from "./proxy/pipeline.ts";
import { PortableTransport } from "./proxy/transport/portable.ts";
import { CannotStartError, ServerProcess } from "./proxy/transport/server_process.ts";
import { Session } from "./proxy/session.ts";

/** Exit code for a command that cannot be started, as shells have it. */
export const EXIT_CANNOT_START = 127;

/** Milliseconds from a signal to our end: clients kill us after 2,000. */
const STOP_MS = 1800;
/** Milliseconds that the audit log has for its last rows, however late it is. */
const MIN_CLOSE_MS = 300;

/** What `wrap` was asked to do. */
export interface WrapOptions {
  readonly config: Config;
  readonly log: Log;
  /** The `server_name` column. */
  readonly serverName: string;
  readonly command: readonly [string, ...string[]];
}

/**
 * Runs one stdio server behind the gateway.
 *
 * @returns the exit code: the server's own, 128 + n when signal n ended it, or
 *   {@link EXIT_CANNOT_START}.
 * @throws {AuditError} when the audit log cannot be opened; {FileError} for a policy that does not load.
 */
export async function runWrap(options: WrapOptions): Promise<number> {
  const { config, serverName, command } = options;
  const policy = await loadPolicy(options);
  const log = policy === null ? options.log : mapLog(options.log, (text) => masked(policy, text));
  const sessionId = crypto.randomUUID();
  const { audit: auditing, logRetention, dbPath: path } = config;
  const audit = await AuditLog.open({
    ...auditing,
    ...logRetention,
    path,
    serverName,
    sessionId,
    log,
  });
  const signals = new SignalRelay();
  try {
    const diagnostics = new Diagnostics(log);
    const stages = policy?.stages(sessionId);
    const session = new Session({
      maxMessageBytes: config.maxMessageBytes,
      callTimeoutMs: config.callTimeoutMs,
      stages: [
        auditGuard(audit),
        ...stages?.decide ?? [],
        new RateLimiter(config.rateLimits).stage(sessionId),
        breaker(config, log).stage(),
        ...stages?.mask ?? [],
      ],
      taps: [audit.tap, diagnostics.tap],
      refusalStyle: config.responses.style,
      trace: log.enabled("debug"),
      onFault: (where, fault) => log.error(`the ${where} failed`, { fault: String(fault) }),
    });
    const server = new ServerProcess(command);
    log.info(`wrapping ${serverName}`, { pid: server.pid, audit: path });
    const transport = new PortableTransport({
      session,
      agent: { read: (into) => Deno.stdin.read(into), write: (bytes) => Deno.stdout.write(bytes) },
      server,
      beforeRead: () => audit.pressure(),
      ...(auditing.durability === "strict" ? { beforeForward: () => recorded(audit) } : {}),
    });
    stages?.onHiddenTools((notification) => {
      session.notifyAgent(notification);
      transport.deliver();
    });
    policy?.watch();
    signals.relayTo((signal) => transport.stop(signal));
    const exit = await transport.run();
    diagnostics.summarise();
    const { calls, refused } = diagnostics;
    log.info(`${serverName} ended`, { exit: exit.detail, calls, refused });
    if (exit.undelivered === 0) return exit.code;
    log.warn("the agent did not take all that the server said", { bytes: exit.undelivered });
    return exit.code || 1;
  } catch (fault) {
    if (!(fault instanceof CannotStartError)) throw fault;
    log.error(fault.message);
    return EXIT_CANNOT_START;
  } finally {
    policy?.close();
    await audit.close(signals.timeLeftMs);
    signals.close();
  }
}

/** The policy that the config names; what only policies need is loaded only then. */
async function loadPolicy({ config, log, serverName }: WrapOptions): Promise<PolicyRuntime | null> {
  const { policyPaths: files, policy } = config;
  if (files.length === 0) return null;
  const { PolicyRuntime } = await import("./policy/runtime.ts");
  return await PolicyRuntime.load({ ...policy, files, server: serverName, log });
}

/** What the gateway writes of itself is masked like everything else. */
function masked(policy: PolicyRuntime, text: string): string {
  try {
    return policy.mask(text);
  } catch {
    return "[a line that could not be searched for secrets in time]";
  }
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

/** Passes the signals that ask us to end on to whoever is there to end. */
class SignalRelay {
  static readonly #signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  readonly #listeners = new Map<Deno.Signal, () => void>();
  #firstAt: number | undefined;

  /** What is left of {@link STOP_MS} since the first signal; undefined while there was none. */
  get timeLeftMs(): number | undefined {
    if (this.#firstAt === undefined) return undefined;
    return Math.max(MIN_CLOSE_MS, this.#firstAt + STOP_MS - performance.now());
  }

  /** From now on, signals go to `stop`. */
  relayTo(stop: (signal: Deno.Signal) => void): void {
    for (const signal of SignalRelay.#signals) {
      const listener = () => {
        this.#firstAt ??= performance.now();
        stop(signal);
      };
      this.#listeners.set(signal, listener);
      Deno.addSignalListener(signal, listener);
    }
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.clear();
  }
}
