/**
 * Rules in shadow: what they would have done, and the way out of the shadow.
 *
 * @module
 */

import type { ShadowAnswer, ShadowStats } from "../../src/web/shadow_queries.ts";
import { useApp, useResource } from "../app_model.ts";
import { quoted } from "../models/filter.ts";
import { ago, count, dayAndClock } from "../models/format.ts";
import { type Span, spanQuery } from "../models/span.ts";
import { type Column, DataTable } from "./data_table.tsx";
import { Example } from "./example.tsx";
import { Panel } from "./panel.tsx";
import { ResourceState } from "./state.tsx";

const COLUMNS = (nowMs: number): readonly Column<ShadowStats>[] => [
  {
    ...{ name: "rule", title: "Rule" },
    cell: ({ rule }) => (
      <a href={`/activity?${new URLSearchParams({ q: `shadow:${quoted(rule)}` })}`}>
        <code>{rule}</code>
      </a>
    ),
    value: ({ rule }) => rule,
  },
  {
    ...{ name: "count", title: "Would have", isNumber: true },
    cell: ({ act, count: times }) => `${actWord(act)} ${count(times)}`,
    value: ({ count }) => count,
  },
  {
    ...{ name: "last", title: "Last", isSpare: true },
    cell: ({ last_seen }) => ago(last_seen, nowMs),
    value: ({ last_seen }) => last_seen,
  },
  {
    ...{ name: "example", title: "Example", isSpare: true },
    cell: ({ latest }) => <Example call={latest} />,
  },
  {
    ...{ name: "promote", title: <span class="hushed">What to do</span>, isNumber: true },
    cell: ({ rule }) => (
      <a class="button" href={`/settings?${new URLSearchParams({ promote: rule })}`}>Promote …</a>
    ),
  },
];

/** The panel. */
export function ShadowRules({ span }: { readonly span: Span }) {
  const { now } = useApp();
  const resource = useResource<ShadowAnswer>(`/api/shadow?${spanQuery(span)}`, 2000);
  const answer = resource.data.value;
  return (
    <Panel
      title="In shadow"
      note={answer?.counted_since == null
        ? "recorded, not enforced"
        : `counted since ${dayAndClock(answer.counted_since, now.value)}`}
    >
      <ResourceState of={resource} />
      {answer?.rules.length === 0 && (
        <p class="pad dim">
          No rule in shadow would have acted. A rule with <code>mode = "shadow"</code>{" "}
          records what it would do, and lets the call pass.
        </p>
      )}
      {answer !== null && answer.rules.length > 0 && (
        <DataTable
          label="Rules in shadow"
          columns={COLUMNS(now.value)}
          rows={answer.rules}
          keyOf={({ act, rule }) => `${act}:${rule}`}
          word="shadow"
        />
      )}
    </Panel>
  );
}

/** `denied` of `would_deny`. */
function actWord(act: string): string {
  const word = act.replace(/^would_/, "").replaceAll("_", " ");
  return word.endsWith("y")
    ? `${word.slice(0, -1)}ied`
    : `${word}${word.endsWith("e") ? "d" : "ed"}`;
}
