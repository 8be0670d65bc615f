/**
 * A row of the table of calls, and what stands for those that are not drawn.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { type Call, tookUs } from "../models/call.ts";
import { clock, dayAndClock, took } from "../models/format.ts";
import { Outcome } from "./outcome.tsx";

/** Height of a row in pixels; the style sheet has the same. */
export const ROW = 32;

/** Stands for rows that are not drawn. */
export function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="space" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * ROW}px` }} />
    </tr>
  );
}

/** A call in the table. */
export function CallRow(
  { call, index, isCursor, isMarked, isNarrow, onOpen }: {
    readonly call: Call;
    readonly index: number;
    readonly isCursor: boolean;
    readonly isMarked: boolean;
    readonly isNarrow: boolean;
    readonly onOpen: (id: string) => void;
  },
) {
  const { route, now } = useApp();
  return (
    <tr
      aria-rowindex={index + 2}
      data-cursor={isCursor}
      data-marked={isMarked}
      onClick={(event) => {
        if (!(event.target instanceof HTMLAnchorElement)) onOpen(call.id);
      }}
    >
      <td>
        <a class="time" href={route.with({ call: call.id })} data-call={call.id}>
          {isMarked && (
            <span class="mark">
              ✓<span class="hushed">marked</span>
            </span>
          )}
          {isNarrow ? dayAndClock(call.timestamp, now.peek()) : timeOf(call, now.peek())}
        </a>
      </td>
      <td>
        <Outcome call={call} />
      </td>
      <td>
        <code>
          {call.tool_name} <span class="dim">{call.server_name}</span>
        </code>
      </td>
      {!isNarrow && (
        <td class="wide">
          <code class="dim">{call.arguments}{call.is_cut && "…"}</code>
        </td>
      )}
      {!isNarrow && (
        <td class="wide">
          <code>{call.policy_hit}</code>
        </td>
      )}
      <td class="number">{took(tookUs(call))}</td>
    </tr>
  );
}

/** The time of today to the millisecond, of another day with its date. */
function timeOf({ timestamp }: Call, nowMs: number): string {
  const short = dayAndClock(timestamp, nowMs);
  return short.length > 8 ? short : clock(timestamp);
}
