/**
 * A row of the table of calls, and what stands for those that are not drawn.
 *
 * @module
 */

import { useApp } from "../app_model.ts";
import { type Call, tookUs } from "../models/call.ts";
import { took } from "../models/format.ts";
import { ArgumentsStart, ToolName } from "./call_cells.tsx";
import { CallTime } from "./call_time.tsx";
import { Outcome } from "./outcome.tsx";

/** Height of a row in pixels; the style sheet has the same. */
export const ROW = 32;

/** Stands for rows that are not drawn; one cell, for it says nothing of the columns. */
export function Space({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return (
    <tr class="space" aria-hidden="true">
      <td style={{ height: `${rows * ROW}px` }} />
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
          <CallTime timestamp={call.timestamp} nowMs={now.peek()} isFine={!isNarrow} />
        </a>
      </td>
      <td>
        <Outcome call={call} />
      </td>
      <td>
        <ToolName call={call} />
      </td>
      {!isNarrow && (
        <td class="wide">
          <ArgumentsStart call={call} />
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
