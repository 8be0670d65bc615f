/**
 * The gateways of this machine that wait for the port, each by an open request.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { realPath } from "../audit/private_files.ts";

/** Header that tells a gateway's dashboard from another program: it names the audit log. */
export const DASHBOARD_HEADER = "x-agentgate-log";

/** Gateways that may wait here. */
const MAX_ATTENDING = 1000;

/** A name for an audit log that does not tell where it is. */
export function logMark(dbPath: string): string {
  return createHash("sha256").update(realPath(dbPath)).digest("hex").slice(0, 16);
}

/** A gateway that runs. */
export interface GatewayInfo {
  /** `host/pid`, as rows name it. */
  readonly gateway: string;
  readonly server: string | null;
  /** Whether it serves this dashboard. */
  readonly serves: boolean;
  /** RFC 3339. */
  readonly since: string;
}

/** Knows who waits. */
export class Gateways {
  readonly #attending = new Set<GatewayInfo>();

  constructor(readonly self: GatewayInfo) {}

  /** All that run, as far as is known here: this one first. */
  all(): GatewayInfo[] {
    return [this.self, ...this.#attending];
  }

  /** Lets a gateway wait until this one ends: a body that says nothing. Null when too many do. */
  attend(gateway: string, server: string | null): ReadableStream<Uint8Array> | null {
    if (this.#attending.size >= MAX_ATTENDING) return null;
    const info = { gateway, server, serves: false, since: new Date().toISOString() };
    this.#attending.add(info);
    return new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("\n")),
      cancel: () => void this.#attending.delete(info),
    });
  }
}
