import assert from "node:assert/strict";
import { get } from "node:http";
import { ASSETS, ENTRY } from "../../src/web/assets.gen.ts";
import { PAGES } from "../../src/web/pages.ts";
import { withDashboard } from "../web/harness.ts";

/** Bytes of an answer as they come over the wire, without its headers. */
function wire(url: string): Promise<number> {
  return new Promise((done, failed) => {
    get(url, { headers: { "accept-encoding": "gzip" }, agent: false }, (answer) => {
      let bytes = 0;
      assert.equal(answer.headers["content-encoding"], "gzip", url);
      answer.on("data", (chunk: Uint8Array) => bytes += chunk.length);
      answer.on("end", () => done(bytes));
    }).on("error", failed);
  });
}

async function wireOf(address: string, names: Iterable<string>): Promise<number> {
  let sum = 0;
  for (const name of names) sum += await wire(`${address}/assets/${name}`);
  return sum;
}

/** A module and all that it imports before it runs. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, to] of ASSETS[name]!.body.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    withImports(to!, found);
  }
  return found;
}

/** What a page loads before its first row, but for its HTML. */
function firstOf(page: string): Set<string> {
  const { style, modules } = ENTRY.pages[page]!;
  const first = new Set([ENTRY.style, ENTRY.theme, ENTRY.icon, style]);
  for (const name of [ENTRY.script, ...modules]) withImports(name, first);
  return first;
}

Deno.test("the first page weighs at most 25 kB on the wire, and 60 kB with its chart", () =>
  withDashboard({}, async ({ address }) => {
    const first = firstOf("overview"), html = await wire(`${address}/`);
    const isChart = (name: string) => ASSETS[name]!.body.includes("uplot");
    const chart = Object.keys(ASSETS).find((name) => name.startsWith("rate_chart-"))!;
    const all = first.union(withImports(chart)).add(ENTRY.parts.chart!);
    assert.ok(![...first].some((name) => name.endsWith(".js") && isChart(name)));
    assert.ok([...all].some((name) => name.endsWith(".js") && isChart(name)));
    const light = html + await wireOf(address, first), heavy = html + await wireOf(address, all);
    assert.ok(light <= 25_000, `${light} bytes`);
    assert.ok(heavy <= 60_000, `${heavy} bytes with the chart`);
  }));

/** An editor, a table and a filter line weigh something. */
const BOUNDS: Readonly<Record<string, number>> = {
  ...{ overview: 25_000, violations: 25_500, analytics: 27_000 },
  ...{ activity: 29_500, settings: 32_000 },
};

for (const { name, path } of PAGES) {
  Deno.test(`${path} opened directly weighs at most ${BOUNDS[name]} bytes on the wire`, () =>
    withDashboard({}, async ({ address }) => {
      const bytes = await wire(address + path) + await wireOf(address, firstOf(name));
      assert.ok(bytes <= BOUNDS[name]!, `${bytes} bytes`);
    }));
}

Deno.test("who takes no gzip gets plain text, of a page as of its files", () =>
  withDashboard({}, async ({ address }) => {
    for (const path of ["/", `/assets/${ENTRY.theme}`]) {
      for (const coding of ["identity", "br, gzip;q=0"]) {
        const answer = await fetch(address + path, { headers: { "accept-encoding": coding } });
        assert.equal(answer.headers.get("content-encoding"), null, `${path} ${coding}`);
        assert.equal(answer.headers.get("vary"), "accept-encoding");
        assert.match(await answer.text(), /^<!doctype html>|localStorage/);
      }
    }
  }));
