/**
 * The words that the `policy_hit` column has for what AgentGate itself refuses. A policy's rules
 * may not take them as ids: a record has to say who refused.
 *
 * @module
 */

/** Each word, and what it says of a call. */
export const POLICY_HITS = Object.freeze({
  default: "no rule decided, and the policy's default is to deny",
  global: "the limit on all calls",
  "per-agent": "the limit on an agent's calls",
  "per-tool": "the limit on a tool's calls",
  "circuit-breaker": "the tool has failed repeatedly; or the stage of that name is at fault",
  timeout: "the server did not answer in time",
  malformed: "the message was not understood",
  batch: "another message of the same batch was refused",
  audit: "the call could not be recorded",
  self: "the call names a file of AgentGate's own",
  held: "too many calls wait already",
  inspection: "the message could not be inspected",
  policy: "the stage of that name is at fault",
  limits: "the stage of that name is at fault",
  redaction: "the stage of that name is at fault",
  catalogue: "the stage of that name is at fault",
  telemetry: "the stage of that name is at fault",
});

/** One of {@link POLICY_HITS}. */
export type PolicyHit = keyof typeof POLICY_HITS;

/** Whether a word is AgentGate's own. */
export function isPolicyHit(word: string): word is PolicyHit {
  return Object.hasOwn(POLICY_HITS, word);
}
