import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { PROJECT, readRows } from "./gateway.ts";
import { denoDir } from "./machine.ts";
import { gatewayTest, transportOptions } from "./transports.ts";

/** Runs `use` with the official client, connected to a real server through a gateway with a policy. */
async function withClient(
  server: "filesystem" | "everything",
  policy: string,
  use: (client: Client, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-test-" }));
  const file = join(folder, "policy.toml");
  await Deno.writeTextFile(file, policy);
  const deno = ["run", "-A", "--quiet", "--config", join(PROJECT, "deno.json")];
  const real = config.imports[`@modelcontextprotocol/server-${server}`];
  const client = new Client({ name: "test", version: "1" });
  try {
    await client.connect(
      new StdioClientTransport({
        command: Deno.execPath(),
        args: [
          ...deno,
          join(PROJECT, "main.ts"),
          ...[
            "wrap",
            ...transportOptions(),
            "--policy",
            file,
            "--db",
            join(folder, "logs.db"),
            "--",
          ],
          ...[Deno.execPath(), ...deno, real, server === "filesystem" ? folder : "stdio"],
        ],
        env: { HOME: folder, PATH: Deno.env.get("PATH") ?? "", DENO_DIR: await denoDir() },
        stderr: "ignore",
      }),
    );
    await use(client, folder);
  } finally {
    await client.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const REDACT = (pattern: string) =>
  `[[rules]]\nid = "mask"\ntool = "*"\naction = "redact"\npattern = '${pattern}'\n`;

gatewayTest(
  "a file's secret is redacted in both deliveries of the filesystem server, and in the log",
  async () => {
    await withClient("filesystem", REDACT("SECRET-[0-9]+"), async (client, folder) => {
      await Deno.writeTextFile(join(folder, "a.txt"), "one SECRET-123 two\n");
      await client.listTools();
      const result = await client.callTool({
        name: "read_text_file",
        arguments: { path: join(folder, "a.txt") },
      });
      assert.deepEqual(result.content, [{ type: "text", text: "one [REDACTED] two\n" }]);
      assert.deepEqual(result.structuredContent, { content: "one [REDACTED] two\n" });
      await client.close();
      const rows = readRows(join(folder, "logs.db"));
      assert.equal(rows.length, 1);
      assert.equal(JSON.stringify(rows).includes("SECRET-123"), false);
    });
  },
);

gatewayTest("a redacted structured result still validates in the official client", async () => {
  await withClient("everything", REDACT("[Cc]loudy|[Ss]unny|[Rr]ain"), async (client) => {
    const { tools } = await client.listTools();
    const tool = tools.find((tool: { name: string }) => tool.name === "get-structured-content");
    assert.ok(tool?.outputSchema);
    for (const location of ["New York", "Chicago", "Los Angeles"]) {
      const result = await client.callTool({ name: tool.name, arguments: { location } });
      assert.ok(result.structuredContent);
      assert.doesNotMatch(JSON.stringify(result), /cloudy|sunny|rain/i);
    }
  });
});

gatewayTest(
  "a tool that is always refused is not listed, and refused when it is called all the same",
  async () => {
    const policy = `[[rules]]\nid = "no"\ntool = "get-env"\naction = "deny"\n`;
    await withClient("everything", policy, async (client) => {
      const { tools } = await client.listTools();
      assert.ok(tools.length > 3);
      assert.equal(tools.some((tool: { name: string }) => tool.name === "get-env"), false);
      await assert.rejects(client.callTool({ name: "get-env" }), /not executed/);
    });
  },
);
