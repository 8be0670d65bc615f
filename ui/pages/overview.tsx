/**
 * Overview: is all well, and what were agents kept from?
 *
 * @module
 */

import "../shared.ts";
import { useApp, useResource } from "../app_model.ts";
import { isMissing } from "../client.ts";
import { Cards } from "../components/cards.tsx";
import { lazy } from "../components/lazy.tsx";
import { LiveCalls } from "../components/live_calls.tsx";
import { RuleBars } from "../components/rule_bars.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { NoCalls, ResourceState } from "../components/state.tsx";
import { count } from "../models/format.ts";
import { spanQuery } from "../models/span.ts";
import { withStyle } from "../style.ts";
import { cardsOf, type WindowAnswer } from "../models/window.ts";

/** The chart is most of what the page weighs. */
const RateChart = lazy(
  async () => (await withStyle("chart", () => import("../components/rate_chart.tsx"))).RateChart,
  <div class="panel chart-place" />,
);

const OpenNow = lazy(async () => (await import("../components/open_now.tsx")).OpenNow);

/** Milliseconds between two answers while there are new calls. */
const REFRESH_MS = 2000;

/** The page. */
export default function Overview() {
  const { live, trouble } = useApp();
  const span = useSpan();
  const resource = useResource<WindowAnswer>(`/api/window?${spanQuery(span)}`, REFRESH_MS);
  const window = resource.data.value;
  const isEmpty = live.history.value.length === 0 &&
    (live.isKnown.value || isMissing(trouble.value));
  if (isEmpty) {
    return (
      <>
        <h1>Overview</h1>
        <section class="panel">
          <NoCalls />
        </section>
      </>
    );
  }
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <SpanPicker />
      </div>
      {window?.counting.complete === false && (
        <p class="dim">
          The history is being counted: {count(window.counting.rows_left)}{" "}
          calls are left. The newest are counted first.
        </p>
      )}
      {window !== null && window.open.length + window.circuits.length > 0 && (
        <OpenNow window={window} />
      )}
      <Cards cards={window === null ? null : cardsOf(window)} span={span} />
      {window === null ? <ResourceState of={resource} /> : (
        <div class="two">
          <RateChart window={window} />
          <RuleBars rules={window.rules} />
        </div>
      )}
      <LiveCalls />
    </>
  );
}
