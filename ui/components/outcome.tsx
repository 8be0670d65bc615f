/**
 * How a call ended: quiet text when all is well, a mark where something was refused or failed.
 *
 * @module
 */

import { type Call, outcomeOf } from "../models/call.ts";

/** The outcome in a word. */
export function Outcome({ call }: { readonly call: Pick<Call, "status" | "outcome"> }) {
  const { word, tone } = outcomeOf(call);
  return <span class="outcome" data-tone={tone}>{word}</span>;
}
