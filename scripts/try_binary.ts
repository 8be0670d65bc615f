/**
 * Runs a binary as its user would: `--version`, `doctor`, and a wrap with a pattern on each transport.
 *
 * `deno run -A scripts/try_binary.ts TARGET`, after `deno task compile TARGET`.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binaryOf } from "./compile.ts";

const [target = Deno.build.target] = Deno.args;
const binary = binaryOf(target), home = await Deno.makeTempDir({ prefix: "agentgate-try-" });
const server = fileURLToPath(new URL("../tests/servers/scripted.ts", import.meta.url));
const POLICY = `[[rules]]
id = "no-tokens"
tool = "*"
action = "redact"
pattern = "secret-[0-9]+"
replacement = "[REDACTED]"
`;
const LINES = [
  {
    ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
    params: {
      ...{ protocolVersion: "2025-06-18", capabilities: {} },
      clientInfo: { name: "an-agent", version: "1" },
    },
  },
  {
    ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
    params: { name: "echo", arguments: { text: "secret-123" } },
  },
].map((message) => JSON.stringify(message) + "\n").join("");

try {
  const policy = join(home, "policy.toml");
  await Deno.writeTextFile(policy, POLICY);
  console.log((await run("--version")).trim());
  await run("init");
  await run("doctor");
  for (const transport of Deno.build.os === "windows" ? ["portable"] : ["native", "portable"]) {
    const command = [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--no-lock", server];
    const words = ["wrap", "--transport", transport, "--policy", policy, "--dashboard-port", "0"];
    const answers = await run(...words, "--", ...command);
    const isWhole = answers.trim().split("\n").length === 2 && answers.includes("[REDACTED]");
    if (!isWhole || answers.includes("secret-123")) throw new Error(`${transport}: ${answers}`);
    console.log(`a call through the ${transport} transport is answered, and masked`);
  }
} finally {
  await Deno.remove(home, { recursive: true });
}

/** Runs the binary to its end; gives what it printed. */
async function run(...args: string[]): Promise<string> {
  const env = { HOME: home, USERPROFILE: home, AGENTGATE_HOME: join(home, ".agentgate") };
  const child = new Deno.Command(binary, {
    ...{ args, env, cwd: home, stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(LINES)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout } = await child.output(), text = new TextDecoder().decode(stdout);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${text}`);
  return text;
}
