/** The states that a page can be in, and how one gets it there. */

import type { Page } from "playwright-core";
import type { LogState } from "../../src/web/routes/log_state.ts";

/** A day of calls and a policy; nothing yet, and no policy; a file that is no log. */
export type Log = "day" | "none" | "broken";

/** A page in a state: how one gets there, and what shows that one is. */
export interface State {
  readonly path: string;
  /** Resolves when the page is in it. */
  readonly ready: (page: Page) => Promise<unknown>;
  /** Called before the page is opened. */
  readonly before?: (page: Page) => Promise<unknown>;
  /** Whether nobody is signed in. */
  readonly isOut?: boolean;
  /** What is shown: a day of calls and its policy unless it is told. */
  readonly log?: Log;
}

/** How the log stands when all is wrong with it that can be. */
const TROUBLE: LogState = {
  waiting_files: ["logs.db.waiting-1"],
  shipping: { waiting: 120, shipped_at: null, fault: "it does not answer" },
  copy: { as_of: "2026-01-01T00:00:00Z", fault: "it does not answer", from: null, is_whole: false },
};

const TRUNCATED = {
  ...{ _truncated: true, original_size_bytes: 5_000_000 },
  abridged: { path: "/srv/big.json", content: "[" + "0, ".repeat(40) + "…" },
};

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();

/** Every page in every state that it knows. */
export const STATES: Readonly<Record<string, State>> = {
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
  "a wrong key": {
    path: "/",
    isOut: true,
    ready: async (page) => {
      await page.getByLabel("Or enter the key").fill("a guess");
      await page.keyboard.press("Enter");
      await text("That is not the key")(page);
    },
  },
  "no call yet": { path: "/", log: "none", ready: text("No call was recorded yet") },
  "no call to list yet": {
    path: "/activity",
    log: "none",
    ready: text("No call was recorded yet"),
  },
  "no policy": { path: "/settings", log: "none", ready: text("enforces no policy") },
  offline: {
    path: "/",
    before: (page) => page.routeWebSocket(/\/api\/ws\/live/, (socket) => socket.close()),
    ready: text("The gateway that served this page has gone"),
  },
  "faster than it can be shown": {
    path: "/",
    before: (page) =>
      page.routeWebSocket(/\/api\/ws\/live/, (socket) => {
        const server = socket.connectToServer();
        server.onMessage((frame) => {
          socket.send(JSON.stringify({ ...JSON.parse(String(frame)), skipped: 100_000 }));
        });
      }),
    ready: text("Calls come faster than they can be shown"),
  },
  "a log that cannot be written, shipped or copied": {
    path: "/activity",
    before: (page) => page.route("**/api/log", (route) => route.fulfill({ json: TROUBLE })),
    ready: async (page) => {
      await text("Calls cannot be written to the audit log")(page);
      await text("takes no records")(page);
      await text("What is shown was up to date")(page);
    },
  },
  "a log that cannot be read": {
    path: "/violations",
    log: "broken",
    ready: text("The audit log cannot be read"),
  },
  "a call that was too large": {
    path: "/activity?call=demo-12",
    before: (page) =>
      page.route("**/api/invocations/demo-12*", async (route) => {
        const response = await route.fetch(), call = await response.json();
        await route.fulfill({ response, json: { ...call, arguments: TRUNCATED } });
      }),
    ready: text("too large to be stored whole"),
  },
  "a file that somebody else has changed": {
    path: "/settings",
    before: (page) =>
      page.route(
        "**/api/policies?*",
        (route) =>
          route.request().method() === "PUT"
            ? route.fulfill({ status: 412, json: { current: "# theirs\n", etag: '"theirs"' } })
            : route.continue(),
      ),
    ready: async (page) => {
      await text("It loads:")(page);
      const rule = '[[rules]]\nid = "mine"\ntool = "*"\naction = "deny"\n';
      await page.getByLabel("Text of the policy").fill(rule);
      await text("It loads: 1 rule")(page);
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await text("The file has changed on the disk")(page);
    },
  },
};

async function openRefused(page: Page): Promise<void> {
  await page.getByRole("cell", { name: "denied" }).first().click();
  await page.locator(".waterfall").waitFor();
}
