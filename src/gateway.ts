/**
 * The composition root: the only file that knows everyone.
 *
 * @module
 */

import { auditGuard, UNRECORDABLE } from "./audit/guard.ts";
import { AuditLog } from "./audit/audit_log.ts";
import type { Config } from "./config.ts";
import { Diagnostics } from "./diagnostics.ts";
import type { Log } from "./log.ts";
import type { Refusal } from "./proxy/pipeline.ts";
import { PortableTransport } from "./proxy/transport/portable.ts";
import { CannotStartError, ServerProcess } from "./proxy/transport/server_process.ts";
import { Session } from "./proxy/session.ts";

/** Exit code for a command that cannot be started, as shells have it. */
export const EXIT_CANNOT_START = 127;

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
 * @throws {AuditError} when the audit log cannot be opened.
 */
export async function runWrap(options: WrapOptions): Promise<number> {
  const { config, log, serverName, command } = options;
  const audit = await openAudit(options);
  const diagnostics = new Diagnostics(log);
  const session = new Session({
    maxMessageBytes: config.maxMessageBytes,
    callTimeoutMs: config.callTimeoutMs,
    stages: [auditGuard(audit)],
    taps: [audit.tap, diagnostics.tap],
    trace: log.enabled("debug"),
    onFault: (where, fault) => log.error(`the ${where} failed`, { fault: String(fault) }),
  });
  const signals = new SignalRelay();
  try {
    const server = new ServerProcess(command);
    log.info(`wrapping ${serverName}`, { pid: server.pid, audit: config.dbPath });
    const transport = new PortableTransport({
      session,
      agent: { read: (into) => Deno.stdin.read(into), write: (bytes) => Deno.stdout.write(bytes) },
      server,
      beforeRead: () => audit.pressure(),
      ...(config.audit.durability === "strict" ? { beforeForward: () => recorded(audit) } : {}),
    });
    signals.relayTo((signal) => transport.stop(signal));
    const exit = await transport.run();
    diagnostics.summarise();
    const { calls, refused } = diagnostics;
    log.info(`${serverName} ended`, { exit: exit.detail, calls, refused });
    return exit.code;
  } catch (fault) {
    if (!(fault instanceof CannotStartError)) throw fault;
    log.error(fault.message);
    return EXIT_CANNOT_START;
  } finally {
    await audit.close();
    signals.close();
  }
}

/** Waits until all calls so far are on disk; says so when they cannot be. */
async function recorded(audit: AuditLog): Promise<Refusal | undefined> {
  try {
    await audit.flush();
  } catch {
    return UNRECORDABLE;
  }
}

function openAudit({ config, log, serverName }: WrapOptions): Promise<AuditLog> {
  const { audit, logRetention, dbPath } = config;
  const sessionId = crypto.randomUUID();
  return AuditLog.open({ ...audit, ...logRetention, path: dbPath, serverName, sessionId, log });
}

/** Passes the signals that ask us to end on to whoever is there to end. */
class SignalRelay {
  static readonly #signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  readonly #listeners = new Map<Deno.Signal, () => void>();

  /** From now on, signals go to `stop`. */
  relayTo(stop: (signal: Deno.Signal) => void): void {
    for (const signal of SignalRelay.#signals) {
      const listener = () => stop(signal);
      this.#listeners.set(signal, listener);
      Deno.addSignalListener(signal, listener);
    }
  }

  close(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.clear();
  }
}
