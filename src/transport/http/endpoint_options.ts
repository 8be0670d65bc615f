/**
 * What the endpoints of either transport need, and what they make of it alike.
 *
 * @module
 */

import type { BodyBudget } from "./body.ts";
import type { ForwardingContext } from "./forwarding.ts";
import { type HeaderList, requestHeaders } from "./headers.ts";
import type { Visit } from "./http_server.ts";

/** Options of an endpoint. */
export interface EndpointOptions extends ForwardingContext {
  /** Headers that replace the agent's (`--header`), names in lower case. */
  readonly replacingHeaders: HeaderList;
  readonly budget: BodyBudget;
  /** Called when a call has gone on, which may have a deadline. */
  readonly onForwarded: () => void;
}

/** Headers of a visitor's request as they go on. */
export function headersFor(
  { headers, url, isAuthorizationOurs }: Visit,
  { replacingHeaders, target }: EndpointOptions,
): HeaderList {
  return requestHeaders(headers, {
    replacing: replacingHeaders,
    ownOrigin: url.origin,
    upstreamOrigin: target.origin,
    isAuthorizationOurs,
  });
}
