/**
 * Options of a wrap.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { HeaderList } from "../transport/http/headers.ts";
import type { MeteredState } from "../taps/call_meter.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { WrapThreads } from "./wrap_threads.ts";

/** Options of a gateway that has one line. */
export interface LineOptions extends GatewayOptions {
  /** Called when the line is open, with what reads its meter. */
  readonly onOpen?: ((readMeter: () => Promise<MeteredState>) => void) | undefined;
}

/** Options of `runWrap`. */
export interface WrapOptions extends LineOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
  /** Threads that are coming up, for the native transport; else they are started when they are wanted. */
  readonly threads?: WrapThreads | undefined;
}

/** Options of a wrap of a server that is reached by HTTP. */
export interface RemoteWrapOptions extends LineOptions {
  /** The server's address. */
  readonly upstream: string;
  /** Headers of every request, names in lower case. */
  readonly headers: HeaderList;
  /** Certificates (PEM) to trust. */
  readonly ca?: readonly string[];
  readonly hasProxy: boolean;
}
