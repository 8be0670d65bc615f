/**
 * What a wrap is told to do.
 *
 * @module
 */

import type { TransportName } from "../transport/choice.ts";
import type { LineOptions } from "./line.ts";

/** Exit code for a command that cannot be started, as shells have it. */
export const EXIT_CANNOT_START = 127;

/** What `wrap` was asked to do. */
export interface WrapOptions extends LineOptions {
  readonly command: readonly [string, ...string[]];
  readonly transport: TransportName;
}
