/**
 * What stands under a list of calls, or in its place: that it comes, that nothing matches and what to
 * do, or where it ends.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { isMissing } from "../client.ts";
import { type CallList, LIST_BOUNDS } from "../models/call_list.ts";
import { tokensOf } from "../models/filter.ts";
import { count } from "../models/format.ts";
import { NoCalls } from "./state.tsx";

/** The state. */
export function ListState({ list, line }: { readonly list: CallList; readonly line: string }) {
  const { trouble, live, route } = useApp();
  const rows = list.rows.value.length, state = list.state.value, fault = list.fault.value;
  if (isMissing(trouble.value ?? "")) return <NoCalls />;
  if (fault !== null) return <p class="pad fault" role="alert">{fault}</p>;
  if (state === "loading" && rows === 0) return <div class="soon" />;
  if (rows === 0 && line === "") return live.history.value.length === 0 ? <NoCalls /> : null;
  if (rows === 0) {
    return (
      <div class="empty">
        <p>No recorded call passes this filter.</p>
        <div class="row">
          {tokensOf(line).map(({ from, to }) => (
            <button
              type="button"
              key={from}
              onClick={() => route.set({ q: (line.slice(0, from) + line.slice(to)).trim() })}
            >
              without <code>{line.slice(from, to)}</code>
            </button>
          ))}
        </div>
      </div>
    );
  }
  if (!list.isWhole.value) return <p class="pad dim">{state === "more" ? "Reading on …" : ""}</p>;
  const end = rows >= LIST_BOUNDS.rows
    ? `The newest ${count(rows)}. Narrow the filter, or save all of them as a file.`
    : `${count(rows)} ${rows === 1 ? "call" : "calls"}, back to the first.`;
  return <p class="pad dim">{end}</p>;
}
