/**
 * Overview: is all well, and what were agents kept from?
 *
 * @module
 */

import { useResource } from "../app_model.ts";
import { NoCalls, ResourceState } from "../components/state.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { count } from "../models/format.ts";
import type { OverviewAnswer } from "../models/rows.ts";
import { spanQuery } from "../models/span.ts";

/** The page. */
export default function Overview() {
  const span = useSpan();
  const resource = useResource<OverviewAnswer>(`/api/overview?${spanQuery(span)}`, 2000);
  const data = resource.data.value;
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <SpanPicker />
      </div>
      <ResourceState of={resource} />
      {data?.total_calls === 0 && <NoCalls />}
      {data !== null && <p>{count(data.total_calls)} calls</p>}
    </>
  );
}
