/**
 * Options of a wrap.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { MeteredState } from "../taps/call_meter.ts";
import type { GatewayOptions } from "./gateway.ts";

/** Options of `runWrap`. */
export interface WrapOptions extends GatewayOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
  /** Called when the line is open, with what reads its meter. */
  readonly onOpen?: ((readMeter: () => Promise<MeteredState>) => void) | undefined;
}
