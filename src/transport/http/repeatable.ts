/**
 * Requests that may be sent once more when nobody knows whether they arrived.
 *
 * @module
 */

const METHODS =
  /^(initialize|ping|server\/discover|[\w/]+\/list|resources\/read|prompts\/get|completion\/complete)$/;

/** Whether a request calls nothing, so that asking it again does no harm. */
export function isRepeatable(method: string): boolean {
  return METHODS.test(method);
}
