/**
 * Refusals of well-formed messages by the session itself.
 *
 * @module
 */

import { KeptBack, WIRE_CODES } from "../errors.ts";
import type { Refusal } from "./call.ts";

const malformed = (code: number, message: string): Refusal => ({
  outcome: "malformed",
  policyHit: "malformed",
  code,
  message: `Nothing was executed: ${message}`,
});

/** A request with the id of one that waits for its answer. */
export const ID_IN_USE = malformed(
  WIRE_CODES.invalidRequest,
  "the id is still in use by a request that has no answer yet. Use a new id for each request.",
);
/** A request beyond those that may be open at once. */
export const TOO_MANY_OPEN = malformed(
  WIRE_CODES.tooManyOpen,
  "too many requests wait for answers. Wait for some of them before you ask more.",
);
/** A message of a batch in which another one was refused. */
export const BATCH_REFUSED: Refusal = {
  outcome: "denied",
  policyHit: "batch",
  code: WIRE_CODES.invalidRequest,
  message: "Nothing was executed: another message of the same batch was refused. " +
    "Send the messages one by one.",
};
/** A call beyond what may be held at once. */
export const TOO_MANY_HELD: Refusal = {
  outcome: "denied",
  policyHit: "held",
  code: WIRE_CODES.tooManyOpen,
  message: "The tool was not executed: too many calls wait to be let through. " +
    "Wait for some of them before you call again.",
};
/** A response whose request is not known. */
export const ANSWER_TO_NOTHING = malformed(WIRE_CODES.invalidRequest, "an answer to nothing.");

/** A message that edits have made longer than messages may be. */
export const TOO_LONG: Refusal = {
  outcome: "error",
  policyHit: "inspection",
  code: WIRE_CODES.internalError,
  message: "Nothing was executed: with what is redacted in it, the message is longer than " +
    "max_message_bytes. Ask the operator.",
  detail: "with what is redacted in it, it is longer than max_message_bytes",
};

/**
 * A message that a stage could not inspect to its end.
 *
 * @param fault What the stage threw.
 */
export function uninspected(fault: unknown): Refusal {
  const code = WIRE_CODES.internalError;
  if (!(fault instanceof KeptBack)) {
    const detail = "the gateway could not inspect the message";
    const message =
      `Nothing was executed: ${detail}. Ask the operator to look at the gateway's log.`;
    return { outcome: "error", policyHit: "inspection", code, message, detail };
  }
  const { reason, rule } = fault;
  return {
    outcome: rule === null ? "error" : "denied",
    policyHit: rule ?? "inspection",
    code,
    message: `Nothing was executed: the message was refused (${reason}). ` +
      "Do not repeat it; change it, or ask the operator.",
    detail: reason,
    ...(rule === null ? {} : { data: { rule, outcome: "denied" } }),
  };
}

/** A request to a server that can answer nothing any more. */
export function serverGone(detail: string): Refusal {
  return {
    outcome: "server_gone",
    policyHit: null,
    code: WIRE_CODES.serverGone,
    message: `Nothing was executed: the server is gone (${detail}). Start it again.`,
    detail,
  };
}
