/**
 * Where a chart is drawn. What uses it is loaded by itself, since the chart is large.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { type Chart, type ChartData, type ChartUse, drawChart } from "../chart.ts";

/** Draws lines, again when they or the colours change. */
export function ChartPlace(
  { lines, label, use }: {
    readonly lines: ChartData;
    /** What it shows, in words. */
    readonly label: string;
    /** What is done with it, as it was first. */
    readonly use: ChartUse;
  },
) {
  const { theme } = useApp();
  const place = useRef<HTMLDivElement>(null), chart = useRef<Chart | null>(null);
  const latest = useRef(lines);
  latest.current = lines;
  const chosen = theme.theme.value, isDark = useSystemDark();
  useEffect(() => {
    const drawn = chart.current = drawChart(place.current!, latest.current, use);
    return () => drawn.destroy();
  }, [chosen, isDark]);
  useEffect(() => chart.current?.update(lines), [lines]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}

/** Whether the system is dark now. */
function useSystemDark(): boolean {
  const query = "(prefers-color-scheme: dark)";
  const [isDark, setDark] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query), follow = () => setDark(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  return isDark;
}
