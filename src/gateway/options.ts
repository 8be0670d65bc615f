/**
 * Options of a wrap.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { GatewayOptions } from "./gateway.ts";

/** Options of `runWrap`. */
export interface WrapOptions extends GatewayOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
}
