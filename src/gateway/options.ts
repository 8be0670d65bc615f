/**
 * What a wrap is told to do.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { GatewayOptions } from "./gateway.ts";

/** What `wrap` was asked to do. */
export interface WrapOptions extends GatewayOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
}
