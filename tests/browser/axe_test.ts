import assert from "node:assert/strict";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { DEMO_POLICY, makeDay } from "../../scripts/demo_day.ts";
import { withDatabasePath } from "../audit/support.ts";
import { dashboardOver, KEY } from "../web/harness.ts";
import { browserTest, openPage, withBrowser } from "./browser.ts";

/** Pages that are looked at at once. */
const AT_ONCE = 3;

/** A page in a state: how one gets there, and what shows that one is. */
interface State {
  readonly path: string;
  readonly ready: (page: Page) => Promise<unknown>;
  readonly isOut?: boolean;
}

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();

const STATES: Readonly<Record<string, State>> = {
  overview: { path: "/", ready: (page) => page.locator(".chart canvas").first().waitFor() },
  paused: {
    path: "/",
    ready: async (page) => {
      await page.getByRole("button", { name: /^Pause/ }).click();
      await text("paused")(page);
    },
  },
  activity: { path: "/activity", ready: (page) => page.locator("[data-call]").first().waitFor() },
  "a call": {
    path: "/activity?q=status:denied&call=demo-12",
    ready: (page) => page.locator(".waterfall").waitFor(),
  },
  "a refused call": { path: "/activity?q=status:denied", ready: openRefused },
  "a rule": {
    path: "/activity?q=status:denied",
    ready: async (page) => {
      await openRefused(page);
      await page.keyboard.press("p");
      await text("Of the last")(page);
    },
  },
  compared: { path: "/activity?call=demo-12&with=demo-30", ready: text("Two calls compared") },
  sessions: { path: "/activity?view=sessions", ready: text("claude-code") },
  "no match": {
    path: `/activity?${new URLSearchParams({
      q: `tool:nope server:"${"a long name ".repeat(8)}" status:denied`,
    })}`,
    ready: text("there is none either"),
  },
  "a stretch": { path: "/violations?from=1&to=4000000000", ready: text("the chosen time") },
  "a filter": {
    path: "/activity",
    ready: async (page) => {
      await page.locator("[data-call]").first().waitFor();
      await page.keyboard.press("/");
      await page.getByRole("option").first().waitFor();
    },
  },
  violations: { path: "/violations", ready: text("no-dotenv") },
  "a name": {
    path: "/analytics?name=bash",
    ready: (page) => page.locator(".chart canvas").first().waitFor(),
  },
  "a faulty policy": {
    path: "/settings",
    ready: async (page) => {
      await text("It loads:")(page);
      await page.getByLabel("Text of the policy").fill('[[rules]]\nid = "x"\ntols = "y"\n');
      await text("does not load")(page);
    },
  },
  "a policy that changes": {
    path: "/settings",
    ready: async (page) => {
      await text("It loads:")(page);
      const rule = '[[rules]]\nid = "all"\ntool = "*"\naction = "deny"\n';
      await page.getByLabel("Text of the policy").fill(rule);
      await text("that passed would be refused")(page);
      await page.locator(".changes a").first().waitFor();
    },
  },
  analytics: { path: "/analytics", ready: text("search_issues") },
  settings: { path: "/settings", ready: text("no-rm-rf") },
  learned: {
    path: "/settings",
    ready: async (page) => {
      await text("no-rm-rf")(page);
      await page.getByRole("button", { name: "Learn from the log…" }).click();
      await text("in the editor, and not in force")(page);
    },
  },
  palette: {
    path: "/settings",
    ready: async (page) => {
      await text("no-rm-rf")(page);
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("option").first().waitFor();
    },
  },
  keys: {
    path: "/activity",
    ready: async (page) => {
      await page.locator("[data-call]").first().waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  "no key": { path: "/", isOut: true, ready: text("needs its key") },
};

async function openRefused(page: Page): Promise<void> {
  await page.getByRole("cell", { name: "denied" }).first().click();
  await page.locator(".waterfall").waitFor();
}

/** What is wrong with a page: what axe finds, and anything that hangs over its edge. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run()
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
            await using served = dashboardOver(dbPath, { policyPaths: [policy] });
            const found: string[] = [], left = Object.entries(STATES);
            const look = async () => {
              for (let next = left.shift(); next !== undefined; next = left.shift()) {
                const [name, { path, ready, isOut }] = next;
                const viewport = { width, height: 860 };
                const { page, faults } = await openPage(browser, { colorScheme, viewport });
                const address = `http://127.0.0.1:${served.port}${path}`;
                await page.goto(isOut ? address : `${address}#key=${KEY}`);
                await ready(page);
                const all = [...faults, ...await faultsOf(page)];
                found.push(...all.map((fault) => `${name}: ${fault}`));
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
