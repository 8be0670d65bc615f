/** A real browser on a real dashboard; whatever goes wrong in its page is noted. */

import { existsSync } from "node:fs";
import assert from "node:assert/strict";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Dashboard, KEY, withDashboard } from "../web/harness.ts";

/** Where Debian's browser is; `CHROMIUM` names another. */
const CHROMIUM: string = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

/** Whether there is a browser: without one these tests are skipped, and counted so. */
export const hasBrowser: boolean = existsSync(CHROMIUM);

if (!hasBrowser) console.error(`${CHROMIUM} is not there: tests in a browser are skipped`);

/** A page, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts and of the console, reports of the content policy, requests to elsewhere. */
  readonly faults: string[];
}

/** Declares a test that needs a browser. */
export function browserTest(name: string, body: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasBrowser,
    // The driver keeps a connection and timers of its own.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}

/** Runs `use` with a browser, and ends it. */
export async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** Opens a page that notes its faults. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage(), faults: string[] = [];
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`content policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  page.on("console", (message) => {
    // Answers that are no success are shown by the browser itself; tests ask for some.
    if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
    if (/^WebSocket connection to/.test(message.text())) return;
    faults.push(message.text());
  });
  page.on("pageerror", (fault) => void faults.push(String(fault)));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (!/^(http|ws):$/.test(protocol)) return;
    if (hostname !== "127.0.0.1" && hostname !== "localhost") faults.push(request.url());
  });
  return { page, faults };
}

/** What a test in a browser works with. */
export interface World extends OpenPage {
  readonly browser: Browser;
  readonly dashboard: Dashboard;
  /** Goes to a path of the dashboard, signed in. */
  open(path: string): Promise<void>;
}

/** Runs `use` with a page that is signed in to a dashboard of its own; nothing may go wrong in it. */
export async function withPage(
  setup: Parameters<typeof withDashboard>[0] & { readonly context?: BrowserContextOptions },
  use: (world: World) => Promise<void>,
): Promise<void> {
  await withDashboard(setup, (dashboard) =>
    withBrowser(async (browser) => {
      const opened = await openPage(browser, setup.context);
      const open = async (path: string) => {
        await opened.page.goto(`${dashboard.address}${path}#key=${KEY}`);
      };
      await use({ ...opened, browser, dashboard, open });
      assert.deepEqual(opened.faults, []);
    }));
}
