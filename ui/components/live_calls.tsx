/**
 * Calls as they come. They keep still while somebody reads: under the pointer, with the focus in
 * them, scrolled, or paused.
 *
 * @module
 */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { useActions, useApp } from "../app_model.ts";
import { folded } from "../models/call.ts";
import { count } from "../models/format.ts";
import { SteadyRows } from "../models/steady_rows.ts";
import { LiveRow } from "./live_row.tsx";
import { Panel } from "./panel.tsx";

/** Rows that are drawn. */
const SHOWN = 30;

/** The rows. */
export function LiveCalls() {
  const { live, route, typed } = useApp();
  const rows = useMemo(() => new SteadyRows(), []);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => live.history.subscribe((history) => rows.update(history)), []);
  const find = () => {
    typed.expect();
    route.go("/activity");
  };
  const step = (by: number) => {
    const links = [...list.current!.querySelectorAll<HTMLElement>("tbody a")];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
  };
  useActions(() => [
    {
      id: "pause",
      label: "Pause or resume the live rows",
      key: " ",
      run: () => live.togglePause(),
    },
    { id: "down", label: "Next row", key: "j", isMove: true, run: () => step(1) },
    { id: "up", label: "Row before", key: "k", isMove: true, run: () => step(-1) },
    {
      ...{ id: "leave", label: "Leave the rows", key: "Escape", isMove: true },
      run: () => (document.activeElement as HTMLElement | null)?.blur(),
    },
    { id: "find", label: "Find calls", key: "/", run: find },
  ]);
  const isPaused = live.isPaused.value, unseen = rows.unseen.value + live.waiting.value;
  return (
    <Panel
      title="Live"
      note={
        <>
          {live.rate.value > 0 && <span>{`${count(live.rate.value)}/s · `}</span>}
          <span class="wide">{count(live.seen.value)} since this page was opened</span>
        </>
      }
      tools={
        <>
          {unseen > 0 && (
            <button type="button" class="unseen" onClick={() => catchUp()}>
              ▲ {count(unseen)} new
            </button>
          )}
          <button type="button" aria-pressed={isPaused} onClick={() => live.togglePause()}>
            {isPaused ? "Resume" : "Pause"} <kbd class="wide">space</kbd>
          </button>
        </>
      }
    >
      <div
        class="live-rows"
        ref={list}
        role="region"
        aria-label="Live calls"
        tabIndex={0}
        onPointerEnter={({ pointerType }) => pointerType === "mouse" && rows.hold("pointer", true)}
        onPointerLeave={() => rows.hold("pointer", false)}
        onFocusIn={() => rows.hold("focus", true)}
        onFocusOut={() => rows.hold("focus", false)}
        onScroll={({ currentTarget }) => rows.hold("scroll", currentTarget.scrollTop > 0)}
      >
        <table class="data calls">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Outcome</th>
              <th scope="col">Tool</th>
              <th scope="col" class="wide">Arguments</th>
              <th scope="col" class="wide">Rule</th>
              <th scope="col" class="number">Took</th>
            </tr>
          </thead>
          <tbody>
            {folded(rows.shown.value, SHOWN).map((row) => <LiveRow key={row.key} row={row} />)}
          </tbody>
        </table>
      </div>
    </Panel>
  );

  function catchUp(): void {
    if (live.isPaused.peek()) live.togglePause();
    if (list.current !== null) list.current.scrollTop = 0;
    rows.catchUp();
  }
}
