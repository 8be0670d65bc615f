/**
 * The stage that fails closed: without a record, no call.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Refusal, Stage } from "../session/pipeline.ts";

/** What a call is refused with that cannot be recorded. */
export const UNRECORDABLE: Refusal = Object.freeze({
  outcome: "error",
  policyHit: "audit",
  code: WIRE_CODES.auditFailing,
  message: "The tool was not executed: the gateway's audit log cannot be written, and calls that " +
    "leave no record are not let through. Ask the operator to look at the gateway's log.",
});

/** Refuses calls for as long as the audit log cannot be written (`failing` says why). */
export function auditGuard(audit: { readonly failing: string | null }): Stage {
  return {
    name: "audit",
    onRequest: () => audit.failing === null ? undefined : UNRECORDABLE,
  };
}
