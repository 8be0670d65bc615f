/**
 * The open Overview while calls come in: frames of the screen, long tasks, elements, memory and how it
 * grows; and how long it takes from navigation to the first row.
 *
 * `deno run -A bench/control_plane/page.ts [SECONDS] [PATH] [ROWS_A_SECOND...]`: the dashboard is a
 * process of its own, over a day of calls.
 *
 * @module
 */

import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { makeDay } from "../../scripts/demo_day.ts";
import { AuditStore } from "../../src/audit/store.ts";
import { startDashboard } from "./dashboard.ts";
import { batchOf } from "./writer.ts";

const [seconds = "10", path = "/", ...rates] = Deno.args;
const BATCH_MS = 20;
/** Seconds between two looks at the heap; each collects it, which is a long task of its own. */
const SAMPLE_S = 30;
const folder = await Deno.makeTempDir({ prefix: "agentgate-bench-" }), db = join(folder, "logs.db");
makeDay(db);
const store = new AuditStore(db, { durability: "batched" });
const { port, key, child: dashboard } = await startDashboard(db, folder);
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const link = `http://127.0.0.1:${port}${path}#key=${key}`;

for (let time = 0; time < 3; time++) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(link);
  await page.locator("tbody tr td").first().waitFor();
  const row = performance.now() - began;
  const bytes = await weight(page);
  if (path === "/") await page.locator(".chart canvas").first().waitFor();
  const chart = performance.now() - began;
  console.log(
    `first row ${row.toFixed(0)} ms, chart ${chart.toFixed(0)} ms; ${bytes} B on the wire just ` +
      `after the first row, without the chart, ${await weight(page, true)} B in all`,
  );
  await context.close();
}

for (const rate of rates.length > 0 ? rates.map(Number) : [1000, 4000]) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage(), devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable");
  await page.goto(link);
  await page.locator("tbody tr td").first().waitFor();
  await page.waitForTimeout(1000);
  const heap = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value / 1e6;
  };
  const before = await heap();
  await watch(page);
  const size = Math.max(1, Math.round(rate * BATCH_MS / 1000)), began = performance.now();
  let written = 0;
  const samples: HeapSample[] = [];
  while (performance.now() - began < Number(seconds) * 1000) {
    while (written < (performance.now() - began) * rate / 1000) {
      const batch = batchOf(written / size, size);
      store.write(batch.rows, batch.completions);
      written += size;
    }
    await new Promise((done) => setTimeout(done, BATCH_MS));
    const s = (performance.now() - began) / 1000;
    if (s < (samples.length + 1) * SAMPLE_S) continue;
    samples.push({ s, mb: await heap() });
    console.log(`  ${s.toFixed(0)} s: heap ${samples.at(-1)!.mb.toFixed(1)} MB`);
  }
  const { frames, tasks, elements } = await page.evaluate(() => {
    const { frames, tasks } = globalThis as unknown as Watched;
    return { frames, tasks, elements: document.querySelectorAll("*").length };
  });
  const after = await heap();
  frames.sort((a, b) => a - b);
  const at = (quantile: number) => frames[Math.floor((frames.length - 1) * quantile)]!.toFixed(1);
  console.log(
    `${rate} rows/s for ${seconds} s (${written} written): ${frames.length} frames, p50 ${
      at(0.5)
    } ` +
      `p99 ${at(0.99)} worst ${at(1)} ms; long tasks ${tasks.length}; ` +
      `${elements} elements; heap ${before.toFixed(1)} → ${after.toFixed(1)} MB${
        slopeWords(samples)
      }`,
  );
  await context.close();
}
await browser.close();
dashboard.kill();
await dashboard.status;
store.close();
await Deno.remove(folder, { recursive: true });

/** Bytes of the page and its files, as they came over the wire. */
function weight(page: Page, withChart = false): Promise<number> {
  return page.evaluate((withChart) => {
    const loaded = performance.getEntries() as PerformanceResourceTiming[];
    const sizes = loaded.filter(({ entryType, name }) =>
      entryType === "navigation" || name.includes("/assets/")
    ).map(({ name, encodedBodySize }) => ({ name, size: encodedBodySize }));
    // The largest file is the chart; it may not be there yet.
    const isChart = ({ name, size }: typeof sizes[number]) =>
      /\/(rate_)?chart-/.test(name) || size > 20_000;
    return sizes.filter((of) => withChart || !isChart(of)).reduce((sum, { size }) => sum + size, 0);
  }, withChart);
}

/** What the heap held after so many seconds, in MB. */
interface HeapSample {
  readonly s: number;
  readonly mb: number;
}

/** The slope of the heap, by least squares; the first sample is left out, as the history fills till then. */
function slopeWords(all: readonly HeapSample[]): string {
  const samples = all.slice(1);
  if (samples.length < 2) return "";
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const s0 = mean(samples.map(({ s }) => s)), mb0 = mean(samples.map(({ mb }) => mb));
  const slope = samples.reduce((sum, { s, mb }) => sum + (s - s0) * (mb - mb0), 0) /
    samples.reduce((sum, { s }) => sum + (s - s0) ** 2, 0);
  return `, ${(slope * 60).toFixed(2)} MB a minute over ${samples.length} samples`;
}

/** What the page notes of itself. */
interface Watched {
  /** Milliseconds between two frames of the screen. */
  frames: number[];
  /** Milliseconds of tasks that took more than 50. */
  tasks: number[];
}

async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched = globalThis as unknown as Watched;
    watched.frames = [];
    watched.tasks = [];
    let last = performance.now();
    const frame = (now: number) => {
      watched.frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) =>
      watched.tasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)))
    ).observe({ entryTypes: ["longtask"] });
  });
}
