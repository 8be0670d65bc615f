/**
 * Options of a wrap.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { HeaderList } from "../transport/http/headers.ts";
import type { GatewayOptions } from "./gateway.ts";

/** Options of `runWrap`. */
export interface WrapOptions extends GatewayOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
}

/** Options of a wrap of a server that is reached by HTTP. */
export interface RemoteWrapOptions extends GatewayOptions {
  /** The server's address. */
  readonly upstream: string;
  /** Headers of every request, names in lower case. */
  readonly headers: HeaderList;
  /** Certificates (PEM) to trust. */
  readonly ca?: readonly string[];
  readonly hasProxy: boolean;
}
