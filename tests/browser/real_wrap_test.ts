import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { withWrap, type Wrap, type WrapSetup } from "../e2e/gateway.ts";
import { freePort, npm } from "../e2e/remote.ts";
import { browserTest, type OpenPage, openPage, withBrowser } from "./browser.ts";

const POLICY = `[[rules]]
id = "no-secrets"
tool = "echo"
action = "deny"
condition = "arguments.message contains 'secret'"
message = "Secrets are not for echoing"
`;

/** An agent on a wrap, one request after the other. */
class Agent {
  #ids = 0;

  constructor(readonly wrap: Wrap) {}

  async begin(): Promise<void> {
    await this.#ask("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "an-agent", version: "1" },
    });
    await this.wrap.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    await this.#ask("tools/list", {});
  }

  /** Echoes; gives the text that came back, of whatever kind. */
  async echo(message: string): Promise<string> {
    const answer = await this.#ask("tools/call", { name: "echo", arguments: { message } });
    return JSON.stringify(answer);
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#ids;
    await this.wrap.send({ jsonrpc: "2.0", id, method, params });
    for (;;) {
      const message = await this.wrap.next();
      assert.ok(message !== undefined, this.wrap.stderr());
      if (message.id === id) return message;
    }
  }
}

interface Place {
  readonly setup: WrapSetup;
  readonly policy: string;
  readonly opened: OpenPage;
}

/** Runs `use` with a policy, a free port for the dashboard and a browser. */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  try {
    const policy = join(home, "policy.toml"), port = `${freePort()}`;
    await Deno.writeTextFile(policy, POLICY);
    const options = [
      ...["--dashboard-port", port, "--db", join(home, "logs.db"), "--policy", policy],
    ];
    const setup = { options, env: { AGENTGATE_HOME: home } };
    await withBrowser(async (browser) => {
      const opened = await openPage(browser);
      await use({ setup, policy, opened });
      assert.deepEqual(opened.faults, []);
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const everything = npm("@modelcontextprotocol/server-everything", "stdio");

/** The link that a wrap has printed. */
async function linkOf(wrap: Wrap): Promise<string> {
  await wrap.stderrHas("signs in by itself");
  return /http:\/\/\S+#key=\S+/.exec(wrap.stderr())![0];
}

/** Goes to another page by its link. */
async function goTo(page: Page, title: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name: title }).click();
  await page.getByRole("heading", { name: title, level: 1 }).waitFor();
}

browserTest(
  "a real wrap: a refused call is explained, a rule is made of another, tried, saved, and in force",
  () =>
    withPlace(({ setup, policy, opened: { page } }) =>
      withWrap(everything, setup, async (wrap) => {
        const agent = new Agent(wrap);
        await agent.begin();
        await page.goto(await linkOf(wrap));
        assert.match(await agent.echo("hello"), /hello/);
        assert.match(await agent.echo("a secret"), /Secrets are not for echoing/);
        const live = page.locator("table").last();
        await live.getByText("hello").waitFor();
        await live.getByText("a secret").waitFor();

        await goTo(page, "Activity");
        await page.locator("tr", { hasText: "a secret" }).first().click();
        const detail = page.getByRole("region", { name: "Call", exact: true });
        await detail.getByText(`${policy}:1`).waitFor();
        await detail.getByText('saw "a secret"').waitFor();

        await page.keyboard.press("Escape");
        await page.locator("tr", { hasText: "hello" }).first().click();
        await detail.getByText("No rule refused it.").waitFor();
        await detail.getByRole("button", { name: "Make a rule" }).click();
        const form = page.getByRole("form", { name: "Make a rule" });
        await form.getByText("Of the last 2 calls, 1 that passed would be refused").waitFor();
        await form.getByRole("button", { name: "Open in the editor" }).click();
        await page.getByText("1 that passed would be refused.").waitFor();
        assert.equal(await Deno.readTextFile(policy), POLICY);
        await page.getByRole("button", { name: "Save", exact: true }).click();
        await page.getByText("Saved: in force for the next call").waitFor();
        while (!(await agent.echo("hello")).includes("no-echo")) {
          await wrap.stderrHas("policy reloaded");
        }

        await goTo(page, "Violations");
        await page.getByText("no-secrets").first().waitFor();
        await goTo(page, "Analytics");
        await page.getByText(/server-everything.*tools.*a session/).waitFor();
      })
    ),
);

browserTest(
  "the gateway that serves is killed: another takes over, and the page is back by itself",
  () =>
    withPlace(({ setup, opened: { page } }) =>
      withWrap(everything, setup, async (first) => {
        const before = new Agent(first);
        await before.begin();
        await page.goto(await linkOf(first));
        await before.echo("of the first");
        await page.getByText("of the first").first().waitFor();
        await withWrap(everything, setup, async (second) => {
          const agent = new Agent(second);
          await agent.begin();
          await second.stderrHas("another gateway serves the dashboard");
          first.child.kill("SIGKILL");
          await second.stderrHas("signs in by itself");
          await agent.echo("of the second");
          await page.getByText("of the second").first().waitFor();
          await page.getByText("of the first").first().waitFor();
        });
      })
    ),
);
