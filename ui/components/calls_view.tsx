/**
 * The calls of a filter, and the one that is open beside them; which those are is in the address.
 *
 * @module
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useActions, useApp } from "../app_model.ts";
import type { Call } from "../models/call.ts";
import { CallList, LIST_BOUNDS } from "../models/call_list.ts";
import { filterQuery } from "../models/filter.ts";
import { CallTable } from "./call_table.tsx";
import { FilterLine } from "./filter_line.tsx";
import { lazy } from "./lazy.tsx";
import { ListState } from "./list_state.tsx";

const CallDetail = lazy(async () => (await import("./call_detail.tsx")).CallDetail);
const Compare = lazy(async () => (await import("./compare.tsx")).Compare);

/** Milliseconds between two looks for a filter that only the log can answer. */
const REFRESH_MS = 2000;

/** The list and the call. */
export function CallsView() {
  const app = useApp(), { route, live, client, fleet, session } = app;
  const line = route.get("q") ?? "", open = route.get("call"), other = route.get("with");
  const list = useMemo(() =>
    new CallList(async (line, cursor, signal) => {
      const words = filterQuery(line);
      words.set("view", "rows");
      words.set("limit", `${LIST_BOUNDS.page}`);
      if (cursor !== null) words.set("cursor", cursor);
      const answer = await client.ask(`/api/invocations?${words}`, { signal });
      const calls = await answer.json() as Call[];
      return { calls, next: answer.headers.get("x-agentgate-next") };
    }), []);
  const [cursor, setCursor] = useState<string | null>(open),
    [marks, setMarks] = useState<string[]>([]);
  const at = useRef<string | null>(cursor);
  at.current = cursor;
  const isIn = session.state.value === "in", feed = live.connection.value;
  const isOff = feed === "offline", isLive = feed === "live";
  useEffect(() => {
    if (isIn && !isOff) void list.load(line);
  }, [line, isIn, isOff]);
  // Once more when the feed has begun: what happened before it did is in no news.
  useEffect(() => {
    if (isIn && isLive) void list.refresh();
  }, [isIn, isLive]);
  // Nor is what a copy gets of the past.
  const copied = fleet.value?.from;
  useEffect(() => {
    if (copied !== undefined && list.rows.peek().length < LIST_BOUNDS.page) void list.load(line);
  }, [copied]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = live.listen((calls) => {
      if (!list.take(calls)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void list.refresh();
      }, REFRESH_MS);
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, []);
  useEffect(() => {
    list.hold("open", open !== null);
    if (open !== null) setCursor(open);
  }, [open]);

  const show = (id: string) => {
    setCursor(id);
    route.set({ call: id, with: null }, open === null);
  };
  const close = () => {
    route.set({ call: null, with: null }, true);
    requestAnimationFrame(() => focusRow(at.current));
  };
  const goTo = (index: number) => {
    const rows = list.rows.peek(), row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    setCursor(row.id);
    if (route.get("call") !== null) route.set({ call: row.id, with: null });
    else requestAnimationFrame(() => focusRow(row.id));
  };
  const place = () => list.rows.peek().findIndex(({ id }) => id === at.current);
  const mark = () => {
    const id = at.current;
    if (id === null) return;
    setMarks((marks) =>
      marks.includes(id) ? marks.filter((it) => it !== id) : [...marks, id].slice(-2)
    );
  };
  const compare = () => {
    const [a, b = at.current] = marks;
    if (a === undefined || b === null || a === b) return app.tell("Mark two calls with x, then c");
    route.set({ call: a, with: b }, true);
  };
  useActions(() => [
    { id: "down", label: "Next call", key: "j", isMove: true, run: () => goTo(place() + 1) },
    { id: "up", label: "Call before", key: "k", isMove: true, run: () => goTo(place() - 1) },
    {
      ...{ id: "open", label: "Open the call", key: "Enter", isMove: true },
      run: () => at.current !== null && show(at.current),
    },
    { id: "close", label: "Close the call", key: "Escape", isMove: true, run: close },
    { id: "first", label: "First call", key: "g", isMove: true, run: () => goTo(0) },
    { id: "last", label: "Last call", key: "G", isMove: true, run: () => goTo(Infinity) },
    {
      id: "pause",
      label: "Pause or resume the live rows",
      key: " ",
      run: () => live.togglePause(),
    },
    { id: "mark", label: "Mark the call", key: "x", run: mark },
    { id: "compare", label: "Compare two marked calls", key: "c", run: compare },
  ], [marks, open]);

  return (
    <>
      <FilterLine line={line} />
      <div class="split" data-open={open !== null}>
        <section class="panel" aria-label="List of calls">
          <CallTable
            list={list}
            cursor={cursor}
            marked={marks}
            isNarrow={open !== null}
            onOpen={show}
          />
          <ListState list={list} line={line} />
        </section>
        {open !== null && other !== null && <Compare ids={[open, other]} onClose={close} />}
        {open !== null && other === null && <CallDetail id={open} onClose={close} />}
      </div>
    </>
  );
}

/** Puts the focus on a row, once it is drawn. */
function focusRow(id: string | null): void {
  if (id === null) return;
  const link = document.querySelector<HTMLElement>(`[data-call="${CSS.escape(id)}"]`);
  link?.focus({ preventScroll: true });
}
