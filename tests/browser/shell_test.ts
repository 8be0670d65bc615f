import assert from "node:assert/strict";
import { callAt, ended, startedCall } from "../audit/support.ts";
import { KEY } from "../web/harness.ts";
import { browserTest, withPage } from "./browser.ts";

browserTest(
  "the page signs in by a link, takes the key out of the address, and keeps it",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await open("/activity?q=x");
      await page.getByRole("status").filter({ hasText: "live" }).waitFor();
      assert.equal(page.url(), `${dashboard.address}/activity?q=x`);
      await page.reload();
      await page.getByRole("status").filter({ hasText: "live" }).waitFor();
    }),
);

browserTest(
  "the page signs in by its form, and says when a key is wrong",
  () =>
    withPage({}, async ({ page, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await page.goto(`${dashboard.address}/violations`);
      await page.getByLabel("Or enter the key").fill("not it");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("That is not the key").waitFor();
      await page.getByLabel("Or enter the key").fill(KEY);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Violations" }).waitFor();
    }),
);

browserTest(
  "each page has its address, and Back leads to the one before",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await open("/");
      for (const title of ["Activity", "Violations", "Analytics", "Settings"]) {
        await page.getByRole("link", { name: title, exact: true }).click();
        await page.getByRole("heading", { name: title, level: 1 }).waitFor();
        assert.equal(new URL(page.url()).pathname, `/${title.toLowerCase()}`);
        assert.equal(await page.title(), `${title} – AgentGate`);
      }
      await page.goBack();
      await page.getByRole("heading", { name: "Analytics", level: 1 }).waitFor();
    }),
);

browserTest(
  "the palette finds an action by its words, and ? lists the keys",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await open("/");
      // The heading alone is there before any script.
      await page.getByRole("button", { name: "Find an action" }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("set go");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Settings" }).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).getByText("Find an action").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("dark");
      await page.keyboard.press("Enter");
      await page.locator('html[data-theme="dark"]').waitFor();
    }),
);

browserTest(
  "a dialog that has closed closes no other: a key right behind Escape counts",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await open("/");
      await page.getByRole("button", { name: "Find an action" }).waitFor();
      for (const [key, label] of [["k", "Find an action"], ["?", "Keys"]] as const) {
        await page.keyboard.press("?");
        await page.getByRole("dialog", { name: "Keys" }).waitFor();
        // The browser tells that it has closed by an event of a later turn than that of the key.
        await page.evaluate(async (key) => {
          document.querySelector("dialog")!.requestClose();
          await Promise.resolve();
          const press = { key, ctrlKey: key === "k", bubbles: true };
          document.body.dispatchEvent(new KeyboardEvent("keydown", press));
          await new Promise((done) => setTimeout(done, 0));
        }, key);
        await page.getByRole("dialog", { name: label }).waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      const find = page.getByRole("button", { name: "Find an action" });
      await find.click();
      await page.getByRole("combobox").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      assert.ok(await find.evaluate((button) => button === document.activeElement));
    }),
);

browserTest(
  "keys that are pressed while the palette is on its way are typed into it",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
      await page.route("**/assets/palette-*.js", (route) => goesOn.then(() => route.continue()));
      await open("/");
      await page.getByRole("button", { name: "Find an action" }).waitFor();
      await page.keyboard.press("Control+k");
      await page.keyboard.type("set ");
      goOn();
      await page.getByRole("combobox").waitFor();
      await page.keyboard.type("go");
      assert.equal(await page.getByRole("combobox").inputValue(), "set go");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Settings" }).waitFor();
    }),
);

browserTest(
  "/ leads to the filter of Activity, and what is typed at once is in it",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
      await page.route("**/assets/activity-*.js", (route) => goesOn.then(() => route.continue()));
      await open("/");
      await page.locator("tbody tr td").first().waitFor();
      await page.keyboard.type("/tool:re");
      goOn();
      const filter = page.getByLabel("Filter", { exact: true });
      await filter.waitFor();
      await page.keyboard.type("ad_file");
      assert.equal(await filter.inputValue(), "tool:read_file");
      await page.waitForURL(/q=tool%3Aread_file/);
    }),
);

browserTest(
  "a part that could not be loaded is loaded when it is tried again",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      const parts = ["**/assets/key_help-*.js", "**/assets/violations-*.css"];
      for (const part of parts) await page.route(part, (route) => route.abort());
      await open("/");
      await page.getByRole("button", { name: "Find an action" }).waitFor();
      await page.keyboard.press("?");
      const again = page.getByRole("button", { name: "Try again" });
      await again.waitFor();
      await page.unroute(parts[0]!);
      await again.click();
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Violations", exact: true }).click();
      await again.waitFor();
      await page.unroute(parts[1]!);
      await again.click();
      await page.getByRole("region", { name: "In shadow" }).waitFor();
    }),
);

browserTest(
  "markup in any field of a call is text",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      const markup =
        `<img src=x onerror="console.error('ran')"><script>console.error('ran')</script>`;
      const call = startedCall({ id: markup, tool: markup, startedAt: Date.now() - 1000 });
      dashboard.insert({
        ...ended(call, "denied"),
        record: { ...ended(call, "denied").record, policyHit: markup, detail: markup },
      });
      for (const path of ["/", "/activity", "/violations", "/analytics"]) {
        await open(path);
        await page.getByText("onerror=").first().waitFor();
        assert.equal(await page.locator("img").count(), 0);
      }
    }),
);

browserTest(
  "every page says that calls cannot be recorded, for as long as that is so",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      const spill = `${dashboard.dbPath}.spill-host-1-0a0b0c0d`;
      await Deno.writeTextFile(spill, "{}");
      await open("/settings");
      await page.getByText("Calls cannot be written to the audit log").waitFor();
      await Deno.remove(spill);
      await page.getByText("Calls cannot be written to the audit log").waitFor({
        state: "detached",
      });
    }),
);

browserTest(
  "every page says why the log cannot be read, and keeps what it shows",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(callAt(Date.now() - 1000, "one"));
      await open("/");
      await page.getByRole("status").filter({ hasText: "live" }).waitFor();
      await page.getByText("read_file").first().waitFor();
      for (const end of ["", "-wal", "-shm"]) {
        await Deno.remove(dashboard.dbPath + end).catch(() => {});
      }
      await Deno.writeTextFile(
        dashboard.dbPath,
        "this is no database, whatever it is called".repeat(99),
      );
      await page.getByRole("button", { name: "7 d", exact: true }).click();
      await page.getByText("The audit log cannot be read").waitFor();
      assert.ok(await page.getByText("read_file").first().isVisible());
    }),
);
