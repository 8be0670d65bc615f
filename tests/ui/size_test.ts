import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ASSETS, ENTRY } from "../../src/web/assets.gen.ts";

const gzipped = (name: string) => gzipSync(ASSETS[name]!.body).length;

Deno.test("the first page weighs at most 25 kB, and 60 kB with its chart", () => {
  const { style, modules } = ENTRY.pages.overview!;
  const first = [ENTRY.script, ENTRY.style, ENTRY.theme, ENTRY.icon, style, ...modules]
    .reduce((sum, name) => sum + gzipped(name), 0);
  const chart = Object.keys(ASSETS).find((name) => name.startsWith("rate_chart-"))!;
  assert.ok(!modules.includes(chart), "the chart comes after the page");
  assert.ok(first <= 25_000, `${first} bytes`);
  assert.ok(first + gzipped(chart) <= 60_000, `${first + gzipped(chart)} bytes with the chart`);
});
