/**
 * Violations: is the policy right?
 *
 * @module
 */

import "../shared.ts";
import type { ToldRule } from "../../src/web/refusal_examples.ts";
import { useApp, useResource } from "../app_model.ts";
import { type Column, DataTable } from "../components/data_table.tsx";
import { Example } from "../components/example.tsx";
import { Panel } from "../components/panel.tsx";
import { ShadowRules } from "../components/shadow_rules.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { Spark } from "../components/spark.tsx";
import { ResourceState } from "../components/state.tsx";
import { quoted } from "../models/filter.ts";
import { ago, change, count } from "../models/format.ts";
import { type Span, spanQuery } from "../models/span.ts";
import { spanText } from "../models/span_words.ts";
import { filledTrend } from "../models/trend.ts";

/** The page. */
export default function Violations() {
  const { now, route } = useApp();
  const span = useSpan("7d");
  const resource = useResource<ToldRule[]>(`/api/violations?${spanQuery(span)}`, 2000);
  const rules = resource.data.value, chosen = route.get("rule");
  return (
    <>
      <div class="head">
        <h1>Violations</h1>
        <SpanPicker byDefault="7d" />
      </div>
      <Panel
        title="By rule"
        note={rules === null
          ? ""
          : `${count(sumOf(rules))} refused in ${spanText(span)}${wholeHours(span)}`}
        tools={chosen !== null && (
          <button type="button" onClick={() => route.set({ rule: null })}>
            {chosen} ✕
          </button>
        )}
      >
        <ResourceState of={resource} />
        {rules?.length === 0 && <p class="pad dim">Nothing was refused in this span.</p>}
        {rules !== null && rules.length > 0 && (
          <DataTable
            label="Rules"
            columns={columnsOf(span, now.value)}
            rows={rules}
            keyOf={({ rule }) => rule}
            chosen={chosen}
          />
        )}
      </Panel>
      <ShadowRules span={span} />
    </>
  );
}

/** What is counted begins and ends with an hour, or a day. */
function wholeHours(span: Span): string {
  if ("last" in span) return "";
  return `, by whole ${span.to - span.from <= 8 * 86_400 ? "hours" : "days"}`;
}

function sumOf(rules: readonly ToldRule[]): number {
  return rules.reduce((sum, { count }) => sum + count, 0);
}

function columnsOf(span: Span, nowMs: number): readonly Column<ToldRule>[] {
  return [
    {
      ...{ name: "rule", title: "Rule" },
      cell: ({ rule }) => (
        <a href={`/activity?${new URLSearchParams({ q: `rule:${quoted(rule)}` })}`}>
          <code>{rule}</code>
        </a>
      ),
      value: ({ rule }) => rule,
    },
    { ...{ name: "kind", title: "Kind", isSpare: true }, cell: (of) => <Kind of={of} /> },
    {
      ...{ name: "count", title: "Refused", isNumber: true },
      cell: ({ count: refused, before }) => (
        <>
          <span class="change dim">{change(refused, before)}</span> {count(refused)}
        </>
      ),
      value: ({ count }) => count,
    },
    {
      ...{ name: "trend", title: "Trend", isSpare: true },
      cell: ({ trend }) => <Spark values={filledTrend(trend, span, nowMs)} tone="denied" />,
    },
    {
      ...{ name: "last", title: "Last" },
      cell: ({ last_seen }) => ago(last_seen, nowMs),
      value: ({ last_seen }) => last_seen,
    },
    {
      ...{ name: "example", title: "Example", isSpare: true },
      cell: ({ latest }) => <Example call={latest} />,
    },
  ];
}

/** What became of the calls, in words. */
function Kind({ of: { denied, rate_limited, circuit_open } }: { readonly of: ToldRule }) {
  return (
    <>
      {denied > 0 && <span class="outcome" data-tone="denied">denied</span>}{" "}
      {rate_limited > 0 && <span class="outcome" data-tone="limited">limited</span>}{" "}
      {circuit_open > 0 && <span class="outcome" data-tone="error">circuit open</span>}
    </>
  );
}
