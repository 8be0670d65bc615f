/**
 * What an edited policy would change of the last recorded calls. Nothing is called again.
 *
 * @module
 */

import type { ChangedCall, DryRun as Trial } from "../../src/web/dry_run.ts";
import { useApp } from "../app_model.ts";
import { count, dayAndClock } from "../models/format.ts";
import type { Resource } from "../models/resource.ts";
import { Panel } from "./panel.tsx";

/** Numbers of calls that can be chosen. */
export const TRIED_CALLS = [100, 1000, 10_000] as const;

/** The panel. */
export function DryRun(
  { trial, isWaiting, calls, onCalls }: {
    readonly trial: Resource<Trial>;
    /** Whether the text does not load, so that it cannot be tried. */
    readonly isWaiting: boolean;
    readonly calls: number;
    readonly onCalls: (calls: number) => void;
  },
) {
  const found = trial.data.value, fault = trial.fault.value;
  return (
    <Panel
      title="What would change"
      tools={
        <label class="dim">
          of the last{" "}
          <select
            value={`${calls}`}
            onChange={({ currentTarget }) => onCalls(Number(currentTarget.value))}
          >
            {TRIED_CALLS.map((calls) => <option key={calls} value={calls}>{count(calls)}</option>)}
          </select>{" "}
          calls
        </label>
      }
    >
      <div class="pad trial" aria-live="polite">
        {isWaiting
          ? <p class="dim">It is tried as soon as it loads.</p>
          : fault !== null
          ? <p class="fault">{fault.message}</p>
          : found === null
          ? <p class="dim">Trying it on the last calls …</p>
          : <Found found={found} />}
      </div>
    </Panel>
  );
}

function Found({ found }: { readonly found: Trial }) {
  const { calls, since, newly_refused, newly_passed, doubt, unjudged, changes } = found;
  const { now } = useApp();
  if (calls === 0) return <p class="dim">No call was recorded yet to try it on.</p>;
  const isPassing = ({ after }: ChangedCall) => after.action === "allow";
  return (
    <>
      <p>
        <b>{count(newly_refused)}</b> that passed would be refused.
      </p>
      <Changes changes={changes.filter((one) => !isPassing(one))} all={newly_refused} />
      <p>
        <b>{count(newly_passed)}</b> that were refused would pass.
      </p>
      <Changes changes={changes.filter(isPassing)} all={newly_passed} />
      <p class="dim">
        Tried: {count(calls)} since {dayAndClock(since!, now.value)}. {doubt}
        {unjudged > 0 && ` ${count(unjudged)} could not be judged in time.`}
      </p>
    </>
  );
}

function Changes(
  { changes, all }: { readonly changes: readonly ChangedCall[]; readonly all: number },
) {
  const { now } = useApp();
  if (changes.length === 0) return null;
  return (
    <ul class="changes" tabIndex={0} aria-label="Calls that would end otherwise">
      {changes.map(({ id, timestamp, server_name, tool_name, before, after, exact }) => (
        <li key={id}>
          <a href={`/activity?${new URLSearchParams({ call: id })}`}>
            {dayAndClock(timestamp, now.value)}
          </a>
          <code>
            <span class="dim">{server_name}</span> {tool_name}
          </code>
          <code class="dim">{after.action === "allow" ? before.rule : after.rule}</code>
          {!exact && <span class="dim">perhaps</span>}
        </li>
      ))}
      {all > changes.length && <li class="dim">and {count(all - changes.length)} more</li>}
    </ul>
  );
}
