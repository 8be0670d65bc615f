/**
 * The stages that fail closed: without a record, no call.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Refusal } from "../session/call.ts";
import type { Hold, Stage } from "../session/pipeline.ts";

/** Refusal of a call that cannot be recorded. */
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

/** Holds each call until its record is on disk (`durability = "strict"`). The last stage of all. */
export function recordFirst(audit: { recorded(): Promise<void> }): Stage {
  const hold: Hold = {
    isBrief: true,
    start: (settle) => void audit.recorded().then(() => settle(), () => settle(UNRECORDABLE)),
  };
  return { name: "audit", onRequest: () => hold };
}
