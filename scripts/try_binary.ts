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
import { type Ended, faultOf, LINES, POLICY, runToEnd } from "./trial.ts";

const [target = Deno.build.target] = Deno.args;
const binary = binaryOf(target), home = await Deno.makeTempDir({ prefix: "agentgate-try-" });
const server = fileURLToPath(new URL("../tests/servers/scripted.ts", import.meta.url));
try {
  const policy = join(home, "policy.toml");
  await Deno.writeTextFile(policy, POLICY);
  for (const word of ["--version", "init", "doctor"]) {
    const { code, stdout, stderr } = await run(word);
    if (code !== 0) throw new Error(`${word} ended with ${code}: ${stdout}${stderr}`);
    console.log(`${word}: ${stdout.trim().split("\n").at(-1)}`);
  }
  for (const transport of Deno.build.os === "windows" ? ["portable"] : ["native", "portable"]) {
    const command = [Deno.execPath(), "run", "-A", "--quiet", "--no-config", "--no-lock", server];
    const words = ["wrap", "--transport", transport, "--policy", policy, "--dashboard-port", "0"];
    const fault = faultOf(await run(...words, "--", ...command));
    if (fault !== null) throw new Error(`${transport}: ${fault}`);
    console.log(`a call through the ${transport} transport is answered, and masked`);
  }
} finally {
  await Deno.remove(home, { recursive: true });
}

/** Runs the binary to its end. */
async function run(...args: string[]): Promise<Ended> {
  const env = { HOME: home, USERPROFILE: home, AGENTGATE_HOME: join(home, ".agentgate") };
  return await runToEnd(binary, { args, env, cwd: home }, LINES);
}
