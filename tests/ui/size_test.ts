import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ASSETS, ENTRY } from "../../src/web/assets.gen.ts";

const gzipped = (name: string) => gzipSync(ASSETS[name]!.body).length;

/** A module and all that it imports before it runs. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, to] of ASSETS[name]!.body.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    withImports(to!, found);
  }
  return found;
}

Deno.test("the first page weighs at most 25 kB, and 60 kB with its chart", () => {
  const { style, modules } = ENTRY.pages.overview!;
  const first = new Set([ENTRY.script, ENTRY.style, ENTRY.theme, ENTRY.icon, style, ...modules]);
  const bytes = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + gzipped(name), 0);
  const isChart = (name: string) => ASSETS[name]!.body.includes("uplot");
  const chart = Object.keys(ASSETS).find((name) => name.startsWith("rate_chart-"))!;
  const all = first.union(withImports(chart));
  assert.ok(![...first].some((name) => name.endsWith(".js") && isChart(name)));
  assert.ok([...all].some((name) => name.endsWith(".js") && isChart(name)));
  assert.ok(bytes(first) <= 25_000, `${bytes(first)} bytes`);
  assert.ok(bytes(all) <= 60_000, `${bytes(all)} bytes with the chart`);
});
