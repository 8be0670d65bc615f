import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { callAt, ended, startedCall, type TestCall } from "../audit/support.ts";
import { KEY } from "../web/harness.ts";
import { browserTest, openPage, withPage } from "./browser.ts";

const POLICY = `[[rules]]
id = "no-rm"
tool = "bash"
action = "deny"
condition = "arguments.command contains 'rm -rf' and not arguments.dry == true"
message = "Move it to the bin instead"
`;

function refused(id: string, startedAt: number, command = "rm -rf /"): TestCall {
  const argumentsText = JSON.stringify({ command, token: "[REDACTED:github-token]" });
  const call = ended(startedCall({ id, startedAt, tool: "bash", argumentsText }), "denied");
  const record = { ...call.record, policyHit: "no-rm", detail: "Move it to the bin instead" };
  call.record = { ...record, result: null, resultBytes: null, forwarded: false };
  return call;
}

const rowOf = (page: Page, id: string) => page.locator(`tr:has([data-call="${id}"])`);

/** Runs `use` with the path of a policy. */
async function withPolicy(use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    const path = join(folder, "policy.toml");
    await Deno.writeTextFile(path, POLICY);
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

browserTest(
  "a refused call is explained in place: what its rule saw, and where the rule stands",
  () =>
    withPolicy((path) =>
      withPage({ policyPaths: [path] }, async ({ page, open, dashboard }) => {
        const now = Date.now();
        dashboard.insert(callAt(now - 3000, "fine"), refused("no", now - 2000));
        await open("/activity");
        await rowOf(page, "no").click();
        const detail = page.getByRole("region", { name: "Call", exact: true });
        await detail.getByText("no-rm").first().waitFor();
        await detail.getByText(`${path}:1`).waitFor();
        await detail.getByText("arguments.command contains 'rm -rf'").last().waitFor();
        await detail.getByText(`saw "rm -rf /"`).waitFor();
        await detail.getByText("None: the call was not forwarded.").waitFor();
        assert.equal(await detail.locator("mark").textContent(), "[REDACTED:github-token]");
        assert.equal(new URL(page.url()).searchParams.get("call"), "no");
        await page.goBack();
        await detail.waitFor({ state: "detached" });
      })
    ),
);

browserTest(
  "a filter that nothing passes tells which word excludes most, and lets it go",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 4000, "a"), callAt(now - 3000, "b"), refused("no", now - 2000));
      const asked: string[] = [];
      page.on("request", (request) => {
        if (request.url().includes("limit=500")) asked.push(request.url());
      });
      await open(`/activity?${new URLSearchParams({ q: "status:error tool:read_file" })}`);
      await page.getByText("No recorded call passes").waitFor();
      const words = page.locator(".without li");
      await words.filter({ hasText: "there are 2" }).waitFor();
      assert.match((await words.allTextContents()).join(), /^without status:error there are 2,/);
      await words.filter({ hasText: "without tool:read_file there is none either" }).waitFor();
      assert.ok(asked.length <= 4, `asked ${asked.length} times`);
      await page.getByRole("button", { name: "without status:error" }).click();
      await rowOf(page, "a").waitFor();
      await page.goBack();
      await page.getByText("No recorded call passes").waitFor();
    }),
);

browserTest(
  "a part that is loaded while its place is drawn anew is shown, however often that happens",
  () =>
    withPage({}, async ({ page, open, dashboard, browser }) => {
      dashboard.insert(callAt(Date.now() - 4000, "a"));
      await open("/activity");
      await rowOf(page, "a").waitFor();
      // The list begins anew when the feed has begun: a race, so in pages that have loaded nothing yet.
      for (let time = 0; time < 8; time++) {
        const { page, faults } = await openPage(browser);
        await page.goto(`${dashboard.address}/activity?q=tool%3Anope#key=${KEY}`);
        await page.getByText("No recorded call passes").waitFor();
        assert.deepEqual(faults, []);
        await page.context().close();
      }
    }),
);

browserTest(
  "the keys move, open, mark, compare and close, and the focus goes back to the row",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(...["a", "b", "c"].map((id, n) => callAt(now - 5000 + n, id)));
      await open("/activity");
      await rowOf(page, "c").waitFor();
      for (const key of ["j", "x", "j", "x", "j", "k"]) await page.keyboard.press(key);
      await hasFocus(page, "b");
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "Call", exact: true }).waitFor();
      await page.keyboard.press("j");
      await page.waitForURL(/call=a/);
      await page.keyboard.press("Escape");
      await page.getByRole("region", { name: "Call", exact: true }).waitFor({ state: "detached" });
      await hasFocus(page, "a");
      await page.keyboard.press("c");
      await page.getByText("Two calls compared").waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("G");
      await hasFocus(page, "a");
      await page.keyboard.press("g");
      await hasFocus(page, "c");
    }),
);

/** Resolves when the row of a call has the focus. */
const hasFocus = (page: Page, id: string) =>
  page.waitForFunction((id) => document.activeElement?.getAttribute("data-call") === id, id);

browserTest(
  "the filter completes words, is in the address, and says what to do without a match",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 3000, "fine"), refused("no", now - 2000));
      await open("/activity");
      await rowOf(page, "fine").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("stat");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.keyboard.type("den");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.waitForURL(/q=status%3Adenied/);
      await rowOf(page, "fine").waitFor({ state: "detached" });
      await page.keyboard.type("nothing");
      await page.getByText("No recorded call passes").waitFor();
      await page.getByRole("button", { name: "without nothing" }).click();
      await rowOf(page, "no").waitFor();
      await page.getByRole("button", { name: "denied" }).click();
      await rowOf(page, "fine").waitFor();
      await page.goto(`${dashboard.address}/activity?q=took%3Along`);
      await page.getByText("took must be like").waitFor();
    }),
);

browserTest(
  "what is typed on while a filter is taken stays",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 3000, "fine"));
      await open("/activity");
      await rowOf(page, "fine").waitFor();
      const field = page.getByRole("combobox", { name: "Filter" });
      await page.evaluate(() => {
        const replace = history.replaceState;
        const field = document.querySelector<HTMLInputElement>(".filter input")!;
        history.replaceState = function (...words) {
          history.replaceState = replace;
          replace.apply(history, words);
          field.value += "_file";
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
          const typed = field.value;
          Object.defineProperty(field, "value", {
            get: () => typed,
            set: (text) => console.error(`put back to ${text}`),
          });
        };
      });
      await field.fill("tool:read");
      await page.waitForURL(/q=tool%3Aread_file/);
      assert.equal(await field.inputValue(), "tool:read_file");
    }),
);

browserTest(
  "what is typed into a rule while the policy is read stays, and each call has its own rule",
  () =>
    withPolicy((path) =>
      withPage({ policyPaths: [path] }, async ({ page, open, dashboard }) => {
        const now = Date.now();
        dashboard.insert(callAt(now - 3000, "fine"), refused("no", now - 2000));
        const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
        await page.route("**/api/policies", (route) => goesOn.then(() => route.continue()));
        await open("/activity?call=no");
        await page.getByRole("button", { name: "Make a rule" }).click();
        const form = page.getByRole("form", { name: "Make a rule" });
        await form.getByLabel("What the agent is told").fill("Ask first");
        await form.getByLabel("Id").fill("mine");
        goOn();
        await form.getByRole("button", { name: "Open in the editor", disabled: false }).waitFor();
        assert.equal(await form.getByLabel("What the agent is told").inputValue(), "Ask first");
        assert.equal(await form.getByLabel("Id").inputValue(), "mine");
        await page.keyboard.press("Escape");
        await rowOf(page, "fine").click();
        await page.getByRole("region", { name: "Call", exact: true }).waitFor();
        await page.keyboard.press("p");
        await form.getByText('tool = "read_file"').waitFor();
      })
    ),
);

browserTest(
  "what comes is shown where it passes, and never moves what is read",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 3000, "first"));
      await open("/activity?q=tool:read_file");
      await page.getByRole("status").filter({ hasText: "live" }).waitFor();
      dashboard.insert(callAt(now - 2000, "second"), refused("other", now - 1500));
      await rowOf(page, "second").waitFor();
      assert.equal(await rowOf(page, "other").count(), 0);
      await rowOf(page, "second").hover();
      const place = await rowOf(page, "second").boundingBox();
      dashboard.insert(callAt(now - 1000, "third"));
      await page.getByRole("button", { name: "1 new" }).waitFor();
      assert.deepEqual(await rowOf(page, "second").boundingBox(), place);
      await page.getByRole("button", { name: "1 new" }).click();
      await rowOf(page, "third").waitFor();
    }),
);

browserTest(
  "of thousands of calls only those in sight are drawn, and the rest is read on",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const now = Date.now();
      const calls = Array.from({ length: 600 }, (_, n) => callAt(now - 100_000 + n, `call-${n}`));
      dashboard.insert(...calls);
      await open("/activity");
      await rowOf(page, "call-599").waitFor();
      for (let last = 0; last < 600;) {
        await page.keyboard.press("G");
        const rows = await page.locator("table").getAttribute("aria-rowcount");
        last = Number(rows) - 1;
      }
      await page.keyboard.press("G");
      await rowOf(page, "call-0").waitFor();
      assert.ok(await page.locator("tbody tr").count() < 60);
      await page.getByText("back to the first").waitFor();
    }),
);

browserTest(
  "a rule is made from a call, tried, and left for the editor",
  () =>
    withPolicy((path) =>
      withPage({ policyPaths: [path] }, async ({ page, open, dashboard }) => {
        const now = Date.now();
        dashboard.insert(callAt(now - 3000, "one"), callAt(now - 2000, "two"));
        await open("/activity?call=one");
        await page.getByRole("button", { name: "Make a rule" }).click();
        await page.getByText("Of the last 2 calls, 2 that passed would be refused").waitFor();
        await page.getByLabel("What path is compared with").fill("/nowhere");
        await page.getByText("Of the last 2 calls, 0 that passed would be refused").waitFor();
        await page.getByLabel("What the agent is told").fill("Not here");
        await page.getByRole("button", { name: "Open in the editor" }).click();
        await page.waitForURL(/\/settings\?proposed=1/);
      })
    ),
);

browserTest(
  "a call is copied as JSON, cURL and a test, and calls are saved as CSV and JSONL",
  () =>
    withPage({ context: { permissions: ["clipboard-read", "clipboard-write"] } }, async (world) => {
      const { page, open, dashboard } = world;
      dashboard.insert(refused("no", Date.now() - 2000));
      await open("/activity?call=no");
      const wanted = {
        JSON: '"tool_name": "bash"',
        cURL: "tools/call",
        "[[tests]]": 'expect = "deny"',
      };
      for (const [name, text] of Object.entries(wanted)) {
        await page.getByRole("button", {
          name: new RegExp(`^Copy the call as .*${RegExp.escape(name)}`),
        }).click();
        await page.getByText(/copied$/).waitFor();
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        assert.ok(copied.includes(text), copied);
      }
      for (const [name, text] of [["CSV", "id,timestamp"], ["JSONL", '"id":"no"']] as const) {
        const download = page.waitForEvent("download");
        await page.getByRole("button", { name: `Save ${name}` }).click();
        const path = await (await download).path();
        assert.ok((await Deno.readTextFile(path)).includes(text));
      }
    }),
);

browserTest(
  "sessions are listed, and lead to their calls",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 3000, "one"));
      await open("/activity?view=sessions");
      await page.getByRole("cell", { name: "claude-code" }).waitFor();
      await page.locator("tbody a").first().click();
      await page.waitForURL(/q=session/);
      await rowOf(page, "one").waitFor();
    }),
);
