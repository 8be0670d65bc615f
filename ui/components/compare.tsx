/**
 * Two calls side by side: what differs between them.
 *
 * @module
 */

import "../shared.ts";
import { useApp, useResource } from "../app_model.ts";
import { outcomeOf, tookUs } from "../models/call.ts";
import { dayAndClock, took } from "../models/format.ts";
import { lineDiff } from "../models/line_diff.ts";
import type { WholeCall } from "../models/whole_call.ts";
import { ResourceState } from "./state.tsx";

/** The two. */
export function Compare(
  { ids: [a, b], onClose }: {
    readonly ids: readonly [string, string];
    readonly onClose: () => void;
  },
) {
  const nowMs = useApp().now.value;
  const first = useResource<WholeCall>(`/api/invocations/${encodeURIComponent(a)}`);
  const second = useResource<WholeCall>(`/api/invocations/${encodeURIComponent(b)}`);
  const left = first.data.value, right = second.data.value;
  return (
    <section class="panel detail" aria-label="Two calls compared">
      <header>
        <h2>Two calls compared</h2>
        <span class="gap" />
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>✕</button>
      </header>
      <ResourceState of={first} />
      <ResourceState of={second} />
      {left !== null && right !== null && (
        <div class="body" tabIndex={0} role="region" aria-label="What differs">
          <Diff title="Call" before={factsOf(left, nowMs)} after={factsOf(right, nowMs)} />
          <Diff title="Arguments" before={pretty(left.arguments)} after={pretty(right.arguments)} />
          <Diff title="Result" before={pretty(left.result)} after={pretty(right.result)} />
        </div>
      )}
    </section>
  );
}

function factsOf(call: WholeCall, nowMs: number): string {
  return [
    `time     ${dayAndClock(call.timestamp, nowMs)}`,
    `tool     ${call.server_name} / ${call.tool_name}`,
    `agent    ${call.agent_id ?? "unknown"} ${call.agent_version ?? ""}`,
    `session  ${call.session_id ?? "–"}`,
    `outcome  ${outcomeOf(call).word}`,
    `rule     ${call.policy_hit ?? "–"}`,
    `took     ${took(tookUs(call))}`,
  ].join("\n");
}

function pretty(value: unknown): string {
  return value === null || value === undefined ? "none" : JSON.stringify(value, null, 2);
}

const SIGNS = { same: " ", gone: "−", new: "+" } as const;

/** Two texts, line by line. */
export function Diff(
  { title, before, after }: {
    readonly title: string;
    readonly before: string;
    readonly after: string;
  },
) {
  return (
    <section>
      <h3>{title} {before === after && <span class="dim">the same</span>}</h3>
      <pre class="diff" tabIndex={0} aria-label={`${title}, what differs`}>
        {lineDiff(before, after).map(({ kind, text }, at) => (
          <span key={at} data-kind={kind}>{`${SIGNS[kind]} ${text}\n`}</span>
        ))}
      </pre>
    </section>
  );
}
