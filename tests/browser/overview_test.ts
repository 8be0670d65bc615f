import assert from "node:assert/strict";
import { callAt, ended, startedCall } from "../audit/support.ts";
import { dashboardOver, KEY } from "../web/harness.ts";
import { browserTest, openPage, withBrowser, withPage } from "./browser.ts";
import { withDatabasePath } from "../audit/support.ts";
import { ASSETS } from "../../src/web/assets.gen.ts";
import { AuditStore } from "../../src/audit/store.ts";
import { insert } from "../audit/support.ts";

const live = { hasText: "live" };

browserTest(
  "Overview shows numbers, the chart, what was refused, and each leads to its calls",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now(), denied = ended(startedCall({ startedAt: now - 60_000 }), "denied");
      denied.record = { ...denied.record, policyHit: "no-rm" };
      dashboard.insert(callAt(now - 120_000, "a"), callAt(now - 90_000, "b"), denied);
      await open("/");
      await page.locator(".chart canvas").nth(1).waitFor();
      await page.getByRole("link", { name: /^Calls 3 1 session/ }).waitFor();
      await page.getByRole("link", { name: /^no-rm/ }).waitFor();
      await page.getByRole("link", { name: /^Kept from 1/ }).click();
      await page.waitForURL(/\/activity\?q=status%3Adenied\+since%3A24h/);
      await page.getByText("1 call, back to the first").waitFor();
    }),
);

browserTest(
  "until its first row a browser loads at most 25 kB for /, without the chart",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 60_000, "a"));
      await page.addInitScript(() => {
        const seen = new MutationObserver(() => {
          if (document.querySelector("tbody tr td") === null) return;
          seen.disconnect();
          Object.assign(globalThis, { loaded: performance.getEntries().map(sized) });
        });
        function sized(entry: PerformanceEntry) {
          const { name, encodedBodySize = 0 } = entry as PerformanceResourceTiming;
          return [new URL(name, location.href).pathname, encodedBodySize];
        }
        seen.observe(document, { childList: true, subtree: true });
      });
      await open("/");
      await page.locator("tbody tr td").first().waitFor();
      const loaded = await page.evaluate(() =>
        (globalThis as unknown as { loaded: [string, number][] }).loaded
      );
      const chart = Object.keys(ASSETS).filter((name) =>
        name.startsWith("rate_chart-") || ASSETS[name]!.body.includes("uplot")
      );
      const counted = loaded.filter(([path]) =>
        path === "/" || path.startsWith("/assets/") && !chart.includes(path.slice(8))
      );
      const bytes = counted.reduce((sum, [, size]) => sum + size, 0);
      assert.ok(counted.length >= 6 && bytes > 20_000, JSON.stringify(loaded));
      assert.ok(bytes <= 25_000, `${bytes} bytes: ${JSON.stringify(counted)}`);
    }),
);

browserTest(
  "Overview names the tools that an open circuit refuses, and leads to those calls",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(
        ended(startedCall({ id: "c", tool: "flaky", startedAt: now - 5000 }), "circuit_open"),
        callAt(now - 9000, "a"),
      );
      await open("/");
      await page.getByText("1 tool refused by an open circuit in the last minute").waitFor();
      await page.getByRole("link", { name: /flaky 1×/ }).click();
      await page.waitForURL(/outcome%3Acircuit_open/);
      await page.getByText("1 call, back to the first").waitFor();
    }),
);

browserTest(
  "dragging over the chart makes that the span, and Back takes it back",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 1_800_000, "old"), callAt(now - 60_000, "new"));
      await open("/?span=1h");
      const over = page.locator(".chart .u-over").first();
      await over.waitFor();
      const box = (await over.boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.7, box.y + 40, { steps: 4 });
      await page.mouse.up();
      await page.waitForURL(/from=\d+&to=\d+/);
      await page.getByRole("link", { name: /^Calls 1 / }).waitFor();
      await page.goBack();
      await page.getByRole("link", { name: /^Calls 2 / }).waitFor();
    }),
);

browserTest(
  "a stretch that was chosen on the chart goes along to Violations and Analytics",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now(), hour = 3_600_000;
      const refused = (id: string, ago: number) =>
        ended(startedCall({ id, startedAt: now - ago, policyHit: "no-rm" }), "denied");
      dashboard.insert(refused("a", 9 * hour), refused("b", 6 * hour), refused("c", hour));
      const at = (ago: number) => Math.floor((now - ago) / 1000);
      await open(`/?from=${at(6.5 * hour)}&to=${at(5.5 * hour)}`);
      await page.getByRole("link", { name: /^Kept from 1/ }).waitFor();
      await page.getByRole("link", { name: "Violations" }).click();
      await page.getByText("1 refused in the chosen time, by whole hours").waitFor();
      await page.getByRole("link", { name: "Analytics" }).click();
      await page.waitForURL(/analytics\?from=\d+&to=\d+/);
      await page.getByText("by whole hours").waitFor();
      await page.getByRole("row", { name: /^read_file 1 1/ }).waitFor();
      await page.getByRole("button", { name: "7 d", exact: true }).click();
      await page.getByRole("row", { name: /^read_file 3 3/ }).waitFor();
    }),
);

browserTest(
  "live rows fold repeats, pause by space, and keep still under the pointer",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 5000, "a"));
      await open("/");
      await page.getByRole("status").filter(live).waitFor();
      dashboard.insert(callAt(now - 4000, "b"), callAt(now - 3000, "c"));
      await page.getByText("×3").waitFor();
      await page.keyboard.press(" ");
      await page.getByRole("status").filter({ hasText: "paused" }).waitFor();
      const other = (id: string) =>
        ended(startedCall({ id, tool: `tool-${id}`, startedAt: now - 2000 }));
      dashboard.insert(other("d"));
      await page.getByRole("button", { name: "1 new" }).waitFor();
      assert.equal(await page.getByText("tool-d").count(), 0);
      await page.keyboard.press(" ");
      await page.getByText("tool-d").waitFor();
      await page.getByText("tool-d").hover();
      dashboard.insert(other("e"));
      await page.getByRole("button", { name: "1 new" }).waitFor();
      assert.equal(await page.getByText("tool-e").count(), 0);
      await page.getByRole("heading", { name: "Overview" }).hover();
      await page.getByText("tool-e").waitFor();
    }),
);

browserTest(
  "without a call the page says what to do, and turns into rows by itself",
  () =>
    withDatabasePath((dbPath) =>
      withBrowser(async (browser) => {
        await using served = dashboardOver(dbPath);
        const { page, faults } = await openPage(browser);
        await page.goto(`http://127.0.0.1:${served.port}/#key=${KEY}`);
        await page.getByText("No call was recorded yet").waitFor();
        await page.getByText("agentgate wrap --").waitFor();
        const store = new AuditStore(dbPath, { durability: "batched" });
        insert(store, [callAt(Date.now() - 1000, "first")]);
        await page.getByText("read_file").first().waitFor();
        store.close();
        assert.deepEqual(faults, []);
      })
    ),
);

browserTest(
  "the page says that its gateway has gone, and comes back by itself with what it missed",
  () =>
    withDatabasePath((dbPath) =>
      withBrowser(async (browser) => {
        const serve = (port: number) => dashboardOver(dbPath, { port });
        const store = new AuditStore(dbPath, { durability: "batched" });
        const call = (id: string) =>
          ended(startedCall({ id, tool: `tool-${id}`, startedAt: Date.now() - 1000 }));
        insert(store, [call("a")]);
        const { page, faults } = await openPage(browser);
        let port = 0;
        {
          await using first = serve(0);
          port = first.port;
          await page.goto(`http://127.0.0.1:${port}/#key=${KEY}`);
          await page.getByRole("status").filter(live).waitFor();
          await page.getByText("tool-a").waitFor();
        }
        await page.getByRole("status").filter({ hasText: "offline" }).waitFor();
        await page.getByText("has gone").waitFor();
        assert.ok(await page.getByText("tool-a").isVisible());
        insert(store, [call("b")]);
        await using _second = serve(port);
        await page.getByText("tool-b").waitFor();
        await page.getByRole("status").filter(live).waitFor();
        store.close();
        assert.deepEqual(faults, []);
      })
    ),
);
