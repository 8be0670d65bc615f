/**
 * The door to an upstream.
 *
 * @module
 */

import type { Destination } from "./dial.ts";
import { PooledUpstream } from "./pooled_upstream.ts";
import type { Upstream } from "./upstream.ts";

/** Options of {@link openUpstream}. */
export interface UpstreamOptions extends Destination {
  /** Whether the environment names a proxy (`HTTPS_PROXY`, `HTTP_PROXY`). */
  readonly hasProxy: boolean;
}

/** Opens the way to an upstream. Nothing is connected before there is a request. */
export async function openUpstream(options: UpstreamOptions): Promise<Upstream> {
  if (!options.hasProxy) return new PooledUpstream(options);
  const { ProxiedUpstream } = await import("./proxied_upstream.ts");
  return new ProxiedUpstream(options);
}
