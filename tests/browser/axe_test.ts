import assert from "node:assert/strict";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { DEMO_POLICY, makeDay } from "../../scripts/demo_day.ts";
import { withDatabasePath } from "../audit/support.ts";
import { dashboardOver, KEY } from "../web/harness.ts";
import { browserTest, openPage, withBrowser } from "./browser.ts";
import { STATES } from "./states.ts";

/** Pages that are looked at at once. */
const AT_ONCE = 3;

/** What is wrong with a page: what axe finds, and anything that hangs over its edge. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ["violations"] })
  );
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return [
    ...violations.map(({ id, nodes }) =>
      `${id}: ${nodes[0]!.target} ${nodes[0]!.failureSummary?.replaceAll("\n", " ")}`
    ),
    ...overhang > 0 ? [`${overhang} px hang over the edge`] : [],
  ];
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [390, 1280]) {
    browserTest(
      `axe finds nothing on any page in any state, ${colorScheme}, at ${width} px`,
      () =>
        withDatabasePath((dbPath) =>
          withBrowser(async (browser) => {
            makeDay(dbPath, Date.now());
            const policy = join(dbPath, "../policy.toml");
            await Deno.writeTextFile(policy, DEMO_POLICY);
            await using day = dashboardOver(dbPath, { policyPaths: [policy] });
            await using none = dashboardOver(join(dbPath, "../none.db"));
            const noLog = join(dbPath, "../broken.db");
            await Deno.writeTextFile(noLog, "no database at all, ".repeat(1000));
            await using broken = dashboardOver(noLog);
            const ports = { day: day.port, none: none.port, broken: broken.port };
            const found: string[] = [], left = Object.entries(STATES);
            const look = async () => {
              for (let next = left.shift(); next !== undefined; next = left.shift()) {
                const [name, { path, log = "day", before, ready, isOut }] = next;
                const viewport = { width, height: 860 };
                const { page, faults } = await openPage(browser, { colorScheme, viewport });
                await before?.(page);
                await page.goto(
                  `http://127.0.0.1:${ports[log]}${path}${isOut ? "" : `#key=${KEY}`}`,
                );
                await ready(page);
                const all = [...faults, ...await faultsOf(page)];
                found.push(...all.map((fault) => `${name}: ${fault}`));
                // An answer may be under way that nobody waits for.
                await page.unrouteAll({ behavior: "ignoreErrors" });
                await page.context().close();
              }
            };
            await Promise.all(Array.from({ length: AT_ONCE }, look));
            assert.deepEqual(found, []);
          })
        ),
    );
  }
}
