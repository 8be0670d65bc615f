/** A copy of the fleet's log, without a PostgreSQL that it would be of. */

import type { CopyState } from "../../src/audit/copy_state.ts";
import { INVOCATION_COLUMNS } from "../../src/audit/invocation.ts";
import type { FleetCall } from "../../src/fleet/copy/calls_reader.ts";
import { CopyStore } from "../../src/fleet/copy/copy_store.ts";

/** State of a copy that is whole, with what a test wants to be otherwise. */
export function copyState(other: Partial<CopyState> = {}): CopyState {
  const asOf = new Date().toISOString();
  return { floor: 0, floorId: "", bound: 0, begun: 0, asOf, fault: null, ...other };
}

/** A call as the fleet's PostgreSQL has it. */
export function fleetCall(
  { host, gateway, id = crypto.randomUUID(), startedAt = Date.now(), ...others }: {
    readonly host: string;
    readonly gateway: string;
    readonly id?: string;
    readonly startedAt?: number;
    /** Columns that are to be otherwise. */
    readonly columns?: Readonly<Record<string, string>>;
  },
): FleetCall {
  const columns: Readonly<Record<string, string | number>> = {
    ...{ id, gateway, server_name: "files", tool_name: "read_file", agent_id: "agent" },
    timestamp: new Date(startedAt).toISOString().replace("Z", "+00:00"),
    ...{ status: "allowed", outcome: "ok", latency_ms: 1, latency_us: 1000, session_id: "s" },
    ...others.columns,
  };
  return {
    ...{ source: `source of ${host}`, host, change: 1, startedUs: startedAt * 1000 },
    values: INVOCATION_COLUMNS.map((name) => columns[name] ?? null),
  };
}

/** Makes a copy, or goes on with one. */
export function writeCopy(
  path: string,
  calls: readonly FleetCall[],
  state: Partial<CopyState> = {},
): void {
  using store = new CopyStore(path);
  const sources = [...new Set(calls.map(({ host }) => host))].map((host) => ({
    ...{ source: `source of ${host}`, host, mark: 1, shipped_at: new Date().toISOString() },
  }));
  store.write(calls, sources, copyState(state));
}
