/**
 * Calls as a table of which only the rows in sight are drawn.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { type CallList, inSight } from "../models/call_list.ts";
import { count } from "../models/format.ts";
import { CallRow, ROW, Space } from "./call_row.tsx";

/** What the table is told. */
export interface CallTableProps {
  readonly list: CallList;
  /** The row that the keys move. */
  readonly cursor: string | null;
  /** Ids that were marked. */
  readonly marked: readonly string[];
  /** Whether there is little room: a call is shown beside it. */
  readonly isNarrow: boolean;
  readonly onOpen: (id: string) => void;
}

/** The table. */
export function CallTable({ list, cursor, marked, isNarrow, onOpen }: CallTableProps) {
  const place = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const rows = list.rows.value, unseen = list.unseen.value;
  const { from, to } = inSight(sight.top, sight.height, ROW, rows.length);
  useEffect(() => {
    const size = new ResizeObserver(() => look());
    size.observe(place.current!);
    return () => {
      size.disconnect();
      for (const reason of ["pointer", "focus", "scroll"]) list.hold(reason, false);
    };
  }, []);
  useEffect(() => {
    const index = rows.findIndex(({ id }) => id === cursor), { clientHeight } = place.current!;
    if (index < 0) return;
    const top = index * ROW, element = place.current!;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW > element.scrollTop + clientHeight - ROW) {
      element.scrollTop = top - clientHeight + 3 * ROW;
    }
  }, [cursor]);

  function look(): void {
    if (place.current === null) return;
    const { scrollTop, clientHeight, scrollHeight } = place.current;
    list.hold("scroll", scrollTop > 0);
    setSight({ top: scrollTop, height: clientHeight });
    if (scrollTop + 3 * clientHeight > scrollHeight) void list.more();
  }

  return (
    <div
      class="table-place"
      onPointerEnter={({ pointerType }) => pointerType === "mouse" && list.hold("pointer", true)}
      onPointerLeave={() => list.hold("pointer", false)}
    >
      {unseen > 0 && (
        <button
          type="button"
          class="unseen"
          onClick={() => {
            place.current!.scrollTop = 0;
            list.catchUp();
          }}
        >
          ▲ {count(unseen)} new
        </button>
      )}
      <div
        class="virtual"
        ref={place}
        role="region"
        aria-label="Calls"
        tabIndex={0}
        onScroll={look}
        onFocusIn={() => list.hold("focus", true)}
        onFocusOut={() => list.hold("focus", false)}
        hidden={rows.length === 0}
      >
        <table class="data calls" data-narrow={isNarrow} aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Outcome</th>
              <th scope="col">Tool</th>
              {!isNarrow && <th scope="col" class="wide">Arguments</th>}
              {!isNarrow && <th scope="col" class="wide">Rule</th>}
              <th scope="col" class="number">Took</th>
            </tr>
          </thead>
          <tbody>
            <Space rows={from} />
            {rows.slice(from, to).map((call, index) => (
              <CallRow
                key={call.id}
                call={call}
                index={from + index}
                isCursor={call.id === cursor}
                isMarked={marked.includes(call.id)}
                isNarrow={isNarrow}
                onOpen={onOpen}
              />
            ))}
            <Space rows={rows.length - to} />
          </tbody>
        </table>
      </div>
    </div>
  );
}
