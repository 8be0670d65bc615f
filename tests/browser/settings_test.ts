import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { writeShippingState } from "../../src/audit/shipping_state.ts";
import { callAt, ended, startedCall } from "../audit/support.ts";
import { browserTest, withPage, type World } from "./browser.ts";

const POLICY = `[[rules]]
id = "no-rm"
tool = "bash"
action = "deny"
condition = "arguments.command contains 'rm -rf'"

[[rules]]
id = "no-curl"
tool = "curl"
action = "deny"
mode = "shadow"
`;

const textOf = (page: Page) => page.getByLabel("Text of the policy");

/** Runs `use` on the page Settings with a policy in a file. */
async function withSettings(
  path: string,
  use: (world: World, file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    const file = join(folder, "policy.toml");
    await Deno.writeTextFile(file, POLICY);
    await withPage({ policyPaths: [file] }, async (world) => {
      await world.open(path);
      if (path === "/settings") await world.page.getByText("It loads: 2 rules.").waitFor();
      await use(world, file);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

browserTest(
  "a policy with a fault is marked in its line, in the checker's words, and not saved",
  () =>
    withSettings("/settings", async ({ page }, file) => {
      await textOf(page).fill(POLICY.replace('tool = "bash"', 'tols = "bash"'));
      await page.getByText(/unknown key.*tols/i).first().waitFor();
      assert.equal(await page.locator(".line").nth(2).getAttribute("data-note"), "fault");
      assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
      await page.keyboard.press("Control+s");
      await page.getByRole("button", { name: "line 3" }).click();
      const caret = await textOf(page).evaluate((field: HTMLTextAreaElement) =>
        field.selectionStart
      );
      assert.equal(POLICY.slice(0, caret).split("\n").length, 3);
      await page.reload();
      await page.getByText("changed, not saved").waitFor();
      assert.equal(await Deno.readTextFile(file), POLICY);
      await page.getByRole("button", { name: "Revert" }).click();
      await page.getByText("It loads: 2 rules.").waitFor();
    }),
);

browserTest(
  "the editor takes no text before the file was read: it would be lost",
  () =>
    withSettings("/", async ({ page, open }) => {
      const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
      await page.route("**/api/policies?*", (route) => goesOn.then(() => route.continue()));
      await open("/settings");
      await textOf(page).waitFor();
      assert.ok(!await textOf(page).isEditable());
      const typed = textOf(page).fill('[[rules]]\nid = "x"\ntols = "y"\n');
      goOn();
      await typed;
      await page.getByText("It does not load").waitFor();
      await page.getByText("changed, not saved").waitFor();
    }),
);

browserTest(
  "a policy is tried on the last calls, saved by the keyboard, and taken back",
  () =>
    withSettings("/settings", async ({ page, dashboard }, file) => {
      const now = Date.now();
      dashboard.insert(callAt(now - 2000, "a"), callAt(now - 1000, "b"));
      const added = `${POLICY}\n[[rules]]\nid = "no-read"\ntool = "read_file"\naction = "deny"\n`;
      await textOf(page).fill(added);
      const change = page.getByRole("region", { name: "What would change" });
      await change.getByText("2 that passed would be refused.").waitFor();
      assert.equal(await change.getByRole("link").count(), 2);
      await page.keyboard.press("Control+s");
      await page.getByText("Saved: in force for the next call").waitFor();
      assert.equal(await Deno.readTextFile(file), added);
      await page.getByRole("button", { name: "Previous version" }).click();
      await page.getByText("It loads: 2 rules.").waitFor();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("in force, written").waitFor();
      assert.equal(await Deno.readTextFile(file), POLICY);
    }),
);

browserTest(
  "of calls that cannot be decided for certain, the reason is told",
  () =>
    withSettings("/settings", async ({ page, dashboard }) => {
      const startedAt = Date.now() - 1000, masked = ["/path"];
      dashboard.insert(ended(startedCall({ id: "m", startedAt, masked })));
      const condition = "arguments.path == 'x'";
      const rule = { id: "no-x", tool: "*", action: "deny", condition };
      const lines = Object.entries(rule).map(([key, value]) => `${key} = "${value}"`);
      await textOf(page).fill(`${POLICY}\n[[rules]]\n${lines.join("\n")}\n`);
      const change = page.getByRole("region", { name: "What would change" });
      await change.getByText("1 call cannot be decided exactly: arguments.path was masked")
        .waitFor();
      await change.getByText("perhaps").waitFor();
      await change.getByText("Tried: 1 since").waitFor();
    }),
);

browserTest(
  "a file that somebody else has changed is shown beside what was typed; nothing is lost",
  () =>
    withSettings("/settings", async ({ page }, file) => {
      const mine = `${POLICY}# mine\n`, theirs = `${POLICY}# theirs\n`;
      await textOf(page).fill(mine);
      await Deno.writeTextFile(file, theirs);
      await page.getByText("It loads: 2 rules.").waitFor();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      const conflict = page.getByRole("region", { name: "Conflict" });
      await conflict.getByText("− # theirs").waitFor();
      await conflict.getByText("+ # mine").waitFor();
      assert.equal(await Deno.readTextFile(file), theirs);
      await page.reload();
      await conflict.getByText("+ # mine").waitFor();
      await conflict.getByRole("button", { name: "Save mine over it" }).click();
      await conflict.waitFor({ state: "detached" });
      assert.equal(await Deno.readTextFile(file), mine);
      assert.equal(await Deno.readTextFile(`${file}.previous`), theirs);
    }),
);

browserTest(
  "a rule in shadow says what it would have done, and is promoted in the editor",
  () =>
    withSettings("/violations", async ({ page, dashboard }, file) => {
      const at = Date.now() - 1000, shadowHits = ["would_deny:no-curl"];
      dashboard.insert(ended(startedCall({ id: "s", tool: "curl", startedAt: at, shadowHits })));
      await page.getByRole("region", { name: "In shadow" }).getByText("denied 1").waitFor();
      await page.getByRole("link", { name: "Promote …" }).click();
      await page.getByText("1 that passed would be refused.").waitFor();
      assert.equal(await textOf(page).inputValue(), POLICY.replace('mode = "shadow"\n', ""));
      assert.equal(await Deno.readTextFile(file), POLICY);
    }),
);

/** Three calls of the tool `read_file` that went well. */
const READS = ["a", "b", "c"].map((id) => callAt(Date.now() - 1000, id));

browserTest(
  "what was learned from the log opens in the editor, and is in force once it is saved",
  () =>
    withSettings("/settings", async ({ page, dashboard }, file) => {
      dashboard.insert(...READS);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Find an action" }).fill("learn log");
      await page.keyboard.press("Enter");
      const learned = page.getByRole("region", { name: "Learned from the log" });
      await learned.getByText("in the editor, and not in force").waitFor();
      await learned.getByText('− id = "no-rm"').waitFor();
      await learned.getByText('+ id = "learned-read_file"').waitFor();
      assert.match(await textOf(page).inputValue(), /id = "learned-read_file"/);
      assert.equal(await Deno.readTextFile(file), POLICY);
      await page.getByRole("button", { name: "Revert" }).click();
      await learned.getByText("not in the editor").waitFor();
      await learned.getByRole("button", { name: "Put it in its place" }).click();
      await learned.getByLabel("tools with at least").selectOption("1");
      await learned.getByText("in the editor, and not in force").waitFor();
      await page.getByText("It loads: 1 rule").waitFor();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await learned.waitFor({ state: "detached" });
      assert.match(await Deno.readTextFile(file), /id = "learned-read_file"/);
    }),
);

browserTest(
  "learning replaces nothing that was typed, and says when there is nothing or it went wrong",
  () =>
    withSettings("/settings", async ({ page, dashboard }) => {
      const learned = page.getByRole("region", { name: "Learned from the log" });
      await page.route("**/api/policies/learned*", (route) => route.abort());
      await textOf(page).fill(`${POLICY}# mine\n`);
      await page.getByRole("button", { name: "Learn from the log…" }).click();
      await learned.getByRole("alert").waitFor();
      await page.unroute("**/api/policies/learned*");
      await learned.getByRole("button", { name: "Try again" }).click();
      await learned.getByText("There was nothing to learn from").waitFor();
      dashboard.insert(...READS);
      await learned.getByLabel("from").selectOption("7d");
      await learned.getByText("something else was typed there").waitFor();
      assert.equal(await textOf(page).inputValue(), `${POLICY}# mine\n`);
    }),
);

browserTest(
  "without a policy, what was learned is shown with what to do",
  () =>
    withPage({}, async ({ page, open, dashboard }) => {
      dashboard.insert(...READS);
      await open("/settings");
      await page.getByRole("button", { name: "Learn from the log…" }).click();
      const learned = page.getByRole("region", { name: "Learned from the log" });
      await learned.getByText("Nothing of this is in force. Read it, save it").waitFor();
      await learned.getByText('id = "learned-read_file"').waitFor();
      await learned.getByRole("button", { name: "Copy" }).waitFor();
    }),
);

browserTest(
  "without a policy the page says what to do; the configuration is told with its origin",
  () =>
    withPage({}, async ({ page, open }) => {
      await open("/settings");
      await page.getByText("enforces no policy").waitFor();
      await page.getByText("agentgate init").waitFor();
    }),
);

browserTest(
  "how far the log was shipped to the fleet's PostgreSQL is told, and what is wrong",
  () =>
    withPage({ isShipped: true }, async ({ page, dashboard: { dbPath, insert }, open }) => {
      insert(callAt(1), callAt(2));
      const state = { source: crypto.randomUUID(), file: "", shipped: 0, newest: null, at: null };
      writeShippingState(dbPath, { ...state, fault: "nothing listens on db:5432" });
      await open("/settings");
      await page.getByText("PostgreSQL of the fleet: 2 changes wait; last shipped never.")
        .waitFor();
      await page.getByText("takes no records: nothing listens on db:5432.").waitFor();
    }),
);
