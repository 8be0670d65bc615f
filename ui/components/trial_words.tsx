/**
 * What a policy would change of the last calls, in a sentence.
 *
 * @module
 */

import type { DryRun } from "../../src/web/dry_run.ts";
import { count } from "../models/format.ts";
import type { Resource } from "../models/resource.ts";

/** What the rule would change of the last calls. */
export function TrialWords(
  { trial, policy }: { readonly trial: Resource<DryRun>; readonly policy: Resource<string> },
) {
  const missing = policy.fault.value ?? trial.fault.value, found = trial.data.value;
  if (missing !== null) return <span class="fault">{missing.message}</span>;
  if (found === null) return <span class="dim">Trying it on the last calls …</span>;
  const { calls, newly_refused, newly_passed, doubt, unjudged } = found;
  return (
    <>
      Of the last {count(calls)} calls, <b>{count(newly_refused)}</b> that passed would be refused
      {newly_passed > 0 && <>, and {count(newly_passed)} that were refused would pass</>}.
      {unjudged > 0 && <>{" "}{count(unjudged)} could not be judged in time.</>}{" "}
      <span class="dim">{doubt}</span>
    </>
  );
}
