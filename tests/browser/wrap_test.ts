import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { PROJECT, scripted, withWrap, type Wrap } from "../e2e/gateway.ts";
import { gatewayTest } from "../e2e/transports.ts";
import { hasBrowser, openPage, withBrowser } from "./browser.ts";

const POLICY = `[[rules]]
id = "no-dotenv"
tool = "read_text_file"
action = "deny"
condition = "arguments.path ends_with '.env'"
message = "Files with secrets stay closed"
`;

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Begins a session. */
async function begin(wrap: Wrap): Promise<void> {
  await wrap.send({
    ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
    params: {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "test-agent", version: "1" },
    },
  });
  await wrap.next();
  await wrap.send({ jsonrpc: "2.0", method: "notifications/initialized" });
}

const call = (id: number, name: string, args: unknown) => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name, arguments: args },
});

/** The command of the real filesystem server. */
const filesystem = (folder: string): string[] => [
  ...[Deno.execPath(), "run", "-A", "--quiet", "--config", join(PROJECT, "deno.json")],
  ...[config.imports["@modelcontextprotocol/server-filesystem"], folder],
];

gatewayTest({
  name:
    "the page shows a real wrap's calls, explains a refusal, and outlives the gateway that serves",
  ignore: !hasBrowser,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const port = freePort(), home = await Deno.makeTempDir({ prefix: "agentgate-test-" });
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-test-" }));
    const policy = join(home, "policy.toml");
    await Deno.writeTextFile(policy, POLICY);
    const setup = {
      options: ["--dashboard-port", `${port}`, "--db", join(home, "logs.db"), "--policy", policy],
      env: { AGENTGATE_HOME: home },
    };
    await withWrap(
      filesystem(folder),
      setup,
      (first) =>
        withWrap(scripted(), setup, async (second) => {
          await begin(first);
          await first.stderrHas("signs in by itself");
          await begin(second);
          await second.stderrHas("another gateway serves the dashboard");
          const link = /by itself: (\S+)/.exec(first.stderr())![1]!;
          await withBrowser(async (browser) => {
            const { page, faults } = await openPage(browser);
            await page.goto(link);
            await page.getByRole("status").filter({ hasText: "live" }).waitFor();
            await page.getByText("2 gateways").waitFor();
            await first.send(call(1, "list_directory", { path: folder }));
            await first.next();
            await page.getByRole("row", { name: /list_directory/ }).waitFor();
            await first.send(call(2, "read_text_file", { path: join(folder, ".env") }));
            await first.next();
            await page.getByRole("row", { name: /denied.*read_text_file/ }).getByRole("link")
              .click();
            await page.getByText("Files with secrets stay closed").waitFor();
            await page.getByText("arguments.path ends_with '.env'").last().waitFor();
            await page.getByText(`${policy}:1`).waitFor();
            await page.getByRole("link", { name: "Overview" }).click();
            first.child.kill("SIGKILL");
            await page.getByRole("status").filter({ hasText: "offline" }).waitFor();
            await second.send(call(3, "echo", { text: "still here" }));
            await second.next();
            await page.getByRole("row", { name: /still here/ }).waitFor();
            await page.getByRole("status").filter({ hasText: "live" }).waitFor();
            assert.deepEqual(faults, []);
          });
        }),
    );
    for (const used of [home, folder]) await Deno.remove(used, { recursive: true });
  },
});
