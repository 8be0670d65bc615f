/**
 * What stands under a list of calls, or in its place: that it comes, that nothing matches and what to
 * do, or where it ends.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { isMissing } from "../client.ts";
import { type CallList, LIST_BOUNDS } from "../models/call_list.ts";
import { count } from "../models/format.ts";
import { lazy } from "./lazy.tsx";
import { NoCalls } from "./state.tsx";

const NoMatch = lazy(async () => (await import("./no_match.tsx")).NoMatch);

/** The state. */
export function ListState({ list, line }: { readonly list: CallList; readonly line: string }) {
  const { trouble, live } = useApp();
  const rows = list.rows.value.length, state = list.state.value, fault = list.fault.value;
  if (isMissing(trouble.value)) return <NoCalls />;
  if (fault !== null) return <p class="pad fault" role="alert">{fault}</p>;
  if (state === "loading" && rows === 0) return <div class="soon" />;
  if (rows === 0 && line === "") return live.history.value.length === 0 ? <NoCalls /> : null;
  if (rows === 0) return <NoMatch line={line} />;
  if (!list.isWhole.value) return <p class="pad dim">{state === "more" ? "Reading on …" : ""}</p>;
  const end = rows >= LIST_BOUNDS.rows
    ? `The newest ${count(rows)}. Narrow the filter, or save all of them as a file.`
    : `${count(rows)} ${rows === 1 ? "call" : "calls"}, back to the first.`;
  return <p class="pad dim">{end}</p>;
}
