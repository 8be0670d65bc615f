/**
 * Requests of an agent that policies judge, besides calls.
 *
 * @module
 */

import { TOOLS_CALL } from "../wire/message.ts";

export { TOOLS_CALL } from "../wire/message.ts";

/**
 * Requests that set up a session, or list what there is: they give nothing away that is not shown to
 * every agent, and without them there is no session. All else is judged, methods that nobody knows,
 * too: a server may run what no specification names.
 */
const HOUSEKEEPING: ReadonlySet<string> = new Set([
  "initialize",
  "ping",
  "server/discover",
  "logging/setLevel",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
]);

/** Whether a message of this method is judged by rules of methods. */
export function isJudged(method: string): boolean {
  return !HOUSEKEEPING.has(method) && !method.startsWith("notifications/") && method !== TOOLS_CALL;
}
