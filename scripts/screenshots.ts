/**
 * Takes the pictures of the README: every page, over a day that is always the same.
 *
 * `deno task screenshots`, or `deno run -A scripts/screenshots.ts FOLDER [all]` for each page in both
 * themes at 390 and 1,280 pixels, to look at.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { loadConfig } from "../src/config/config.ts";
import { serveDashboard } from "../src/web/server.ts";
import { DEMO_POLICY, makeDay } from "./demo_day.ts";

/** A picture: its page, and what is done before it is taken. */
interface Shot {
  readonly path: string;
  readonly theme: "light" | "dark";
  readonly ready: (page: Page) => Promise<unknown>;
}

const SHOTS: Readonly<Record<string, Shot>> = {
  overview: {
    ...{ path: "/", theme: "light" },
    ready: (page) => page.locator(".chart canvas").first().waitFor(),
  },
  activity: {
    ...{ path: "/activity?q=status:denied", theme: "dark" },
    ready: async (page) => {
      await page.locator("[data-call]").nth(3).waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.getByText("Arguments", { exact: true }).first().waitFor();
    },
  },
  violations: {
    ...{ path: "/violations?span=24h", theme: "light" },
    ready: (page) => page.getByText("no-dotenv").first().waitFor(),
  },
  analytics: {
    ...{ path: "/analytics?span=24h", theme: "dark" },
    ready: (page) => page.getByText("search_issues").first().waitFor(),
  },
  settings: {
    ...{ path: "/settings", theme: "light" },
    ready: async (page) => {
      await page.getByText("would be refused").first().waitFor();
      const editor = page.locator("textarea");
      await editor.fill((await editor.inputValue()).replace(`mode = "shadow"\n`, ""));
      await page.waitForTimeout(1500);
    },
  },
};

const [folder = fileURLToPath(new URL("../.github/screenshots", import.meta.url)), all] = Deno.args;
const key = "a-key-for-pictures", home = await Deno.makeTempDir({ prefix: "agentgate-shots-" });
try {
  const dbPath = join(home, "logs.db"), policy = "policy.toml";
  Deno.chdir(home);
  makeDay(dbPath, Date.now(), 2);
  await Deno.writeTextFile(policy, DEMO_POLICY);
  await Deno.mkdir(folder, { recursive: true });
  const config = await loadConfig({ db: dbPath, policies: [policy], env: { HOME: home } });
  await using served = serveDashboard(
    {
      ...{
        port: 0,
        key,
        dbPath,
        policyPaths: [policy],
        scan: { maxScanWork: 1e9, maxScanMs: 10_000 },
        resolvePaths: true,
        otlp: null,
        isShipped: false,
      },
      serverName: "files",
      config: { file: config.file, settings: config.inForce },
    },
    console.error,
  );
  const browser = await chromium.launch({
    executablePath: Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  for (const [name, { path, theme, ready }] of Object.entries(SHOTS)) {
    const themes = all === "all" ? ["light", "dark"] as const : [theme];
    for (const colorScheme of themes) {
      for (const width of all === "all" ? [1280, 390] : [1280]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 860 } });
        const page = await context.newPage();
        await page.goto(`http://127.0.0.1:${served.port}${path}#key=${key}`);
        await ready(page).catch((fault) =>
          console.error(`${name}: ${fault.message.split("\n")[0]}`)
        );
        await page.waitForTimeout(400);
        const file = all === "all" ? `${name}-${colorScheme}-${width}.png` : `${name}.png`;
        await page.screenshot({ path: join(folder, file) });
        await context.close();
      }
    }
  }
  await browser.close();
} finally {
  await Deno.remove(home, { recursive: true });
}
