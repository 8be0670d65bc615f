/**
 * Runs one server behind the gateway, for an agent on stdio: the door for `agentgate wrap`.
 *
 * @module
 */

import { ControlPlane } from "./control_plane.ts";
import { exportsTelemetry, keepSwitchesToOurselves } from "./telemetry.ts";
import type { RemoteWrapOptions, WrapOptions } from "./options.ts";

/**
 * Runs one stdio server behind the gateway.
 *
 * @returns The exit code: the server's own, 128 + n when signal n ended it, or 127 when its command
 *   cannot be started; 1 where it would be 0 and answers or records are lost.
 * @throws {UsageError} for a policy that does not load, or an audit log that cannot be opened.
 */
export async function runWrap(options: WrapOptions): Promise<number> {
  using plane = new ControlPlane(options);
  keepSwitchesToOurselves();
  return await run({ ...options, ...plane.hooks, exportsTelemetry: exportsTelemetry() });
}

async function run(options: WrapOptions): Promise<number> {
  if (options.transport === "native") {
    const { wrapOnThread } = await import("./wrap_on_thread.ts");
    return await wrapOnThread(options);
  }
  const { wrapHere } = await import("./wrap_here.ts");
  return await wrapHere(options);
}

/**
 * Stands for a remote server (Streamable HTTP) before an agent that only starts servers on stdio.
 *
 * @returns The exit code: 0, or 1 when the server has ended the session, or answers or records are lost.
 * @throws {UsageError} for a policy that does not load, or an audit log that cannot be opened.
 */
export async function runRemoteWrap(options: RemoteWrapOptions): Promise<number> {
  using plane = new ControlPlane(options);
  const { wrapRemote } = await import("./wrap_remote.ts");
  return await wrapRemote({ ...options, ...plane.hooks, exportsTelemetry: exportsTelemetry() });
}
