import assert from "node:assert/strict";
import { fleetCall, writeCopy } from "../fleet/copied_calls.ts";
import { browserTest, withPage } from "./browser.ts";

const LAPTOP = { host: "laptop", gateway: "mac/1" }, POD = { host: "server", gateway: "pod/2" };

browserTest(
  "a copy of the fleet's log: filters by host, statistics by host, how far it is, no policy",
  () =>
    withPage({}, async ({ page, dashboard: { dbPath }, open }) => {
      const at = new Date(Date.now() - 3_600_000).toISOString();
      writeCopy(dbPath, [fleetCall(LAPTOP), fleetCall(POD), fleetCall(POD)], {
        ...{ floor: 5e15, asOf: at, fault: "nothing listens on db:5432" },
      });
      await open("/activity");
      await page.getByText("The fleet's PostgreSQL cannot be read: nothing listens on db:5432.")
        .waitFor();
      await page.getByText(/What is shown was up to date .* ago\./).waitFor();
      await page.getByText("2 hosts").waitFor();
      const rows = page.locator("tr [data-call]");
      await page.getByRole("combobox", { name: "Filter" }).pressSequentially("host:lap");
      await page.getByRole("option", { name: "laptop" }).click();
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelectorAll("tr [data-call]").length === 1);
      await rows.first().click();
      await page.getByText("mac/1").waitFor();
      writeCopy(dbPath, [], { floor: 5e15 });
      await page.getByText("Older calls are still being copied").waitFor();
      await open("/analytics?by=host");
      await page.getByRole("button", { name: "server" }).first().waitFor();
      await page.getByRole("button", { name: "gateway" }).click();
      await page.getByRole("button", { name: "pod/2" }).waitFor();
      await open("/settings");
      await page.getByText("Each has its own policy: change it there.").waitFor();
      assert.equal(await page.getByText("enforces no policy").count(), 0);
    }),
);
