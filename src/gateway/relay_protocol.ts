/**
 * The messages between the main thread and the relay's, over one `MessagePort`.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { FromStore, ToStore } from "../limits/lease_protocol.ts";
import type { LogLine } from "../log.ts";
import type { MeteredCall, MeteredState } from "../taps/call_meter.ts";
import type { Descriptors } from "../transport/native/relay.ts";
import type { Exit } from "../transport/transport.ts";

/** Data that the worker is started with. */
export interface OpenLine {
  /** Takes all that follows. */
  readonly port: MessagePort;
  /** Of the audit thread. */
  readonly auditPort: MessagePort;
  readonly config: Config;
  readonly serverName: string;
  readonly backlog: SharedArrayBuffer;
  readonly exportsTelemetry: boolean;
}

/** To the relay. From `run` on, a byte in the wake pipe follows each of them. */
export type ToRelay =
  | { readonly type: "run"; readonly descriptors: Descriptors; readonly pid: number }
  | { readonly type: "cannot_start"; readonly message: string }
  | { readonly type: "stop"; readonly signal: Deno.Signal }
  | { readonly type: "server_exited"; readonly exit: Exit }
  | { readonly type: "reload" }
  | { readonly type: "read_meter" }
  /** From the store of the limits that all gateways share. */
  | { readonly type: "store"; readonly message: FromStore }
  | { readonly type: "audit_died"; readonly reason: string };

/** From the relay. */
export type FromRelay =
  | { readonly type: "opened" }
  /** The first message has gone on to the agent. */
  | { readonly type: "answered" }
  /** The line is not open, or has failed; nothing follows. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** Calls that have ended; where they are counted. */
  | { readonly type: "metered"; readonly calls: readonly MeteredCall[] }
  /** Follows `read_meter`. */
  | { readonly type: "meter"; readonly state: MeteredState }
  /** For the store of the limits that all gateways share. */
  | { readonly type: "store"; readonly message: ToStore }
  | { readonly type: "log"; readonly line: LogLine }
  /** The session is over and all is recorded; nothing follows. */
  | { readonly type: "ended"; readonly code: number };

/** Fault on the relay's thread. */
export interface Failure {
  readonly message: string;
  /** Set for what the user can mend: see `UsageError`. */
  readonly exitCode: number | null;
}
