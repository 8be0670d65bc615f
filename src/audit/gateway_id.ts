/**
 * Writer of an open row: `host/pid`, by which the next start sees whether the writer still lives.
 *
 * @module
 */

import { nodeProcess } from "../node_process.ts";

/** The identity of this process in the `gateway` column. */
export function gatewayId(): string {
  return `${Deno.hostname()}/${Deno.pid}`;
}

/**
 * Whether the process behind `id` is gone, so that nobody will complete its open rows.
 *
 * Another host's process counts as gone, and so does our own number: it was reused, as in a
 * container, where the gateway is process 1 at every start. Should the writer live after all, its
 * completion overwrites what was said here.
 */
export function isGatewayGone(id: string | null): boolean {
  if (id === null || id === gatewayId()) return true;
  const cut = id.lastIndexOf("/");
  const pid = Number(id.slice(cut + 1));
  if (id.slice(0, cut) !== Deno.hostname() || !Number.isInteger(pid) || pid <= 0) return true;
  try {
    nodeProcess().kill(pid, 0);
    return false;
  } catch (error) {
    // Any other failure (EPERM: another user's process) means that there is somebody.
    return (error as { code?: string }).code === "ESRCH";
  }
}
