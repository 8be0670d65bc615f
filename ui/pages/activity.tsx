/**
 * Activity: what exactly happened?
 *
 * @module
 */

import "../shared.ts";
import { useApp } from "../app_model.ts";
import { CallsView } from "../components/calls_view.tsx";
import { ExportButtons } from "../components/export_buttons.tsx";
import { lazy } from "../components/lazy.tsx";
import { SpanPicker } from "../components/span_picker.tsx";

const SessionsTable = lazy(async () =>
  (await import("../components/sessions_table.tsx")).SessionsTable
);

/** The page. */
export default function Activity() {
  const { route } = useApp();
  const isSessions = route.get("view") === "sessions";
  return (
    <>
      <div class="head">
        <h1>Activity</h1>
        <div class="spans" role="group" aria-label="What is listed">
          <a class="tab" href="/activity" aria-current={isSessions ? undefined : "true"}>Calls</a>
          <a
            class="tab"
            href="/activity?view=sessions"
            aria-current={isSessions ? "true" : undefined}
          >
            Sessions
          </a>
        </div>
        <span class="gap" />
        {isSessions ? <SpanPicker /> : <ExportButtons line={route.get("q") ?? ""} />}
      </div>
      {isSessions ? <SessionsTable /> : <CallsView />}
    </>
  );
}
