/** The official suite, as a program whose checks are data. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "../e2e/gateway.ts";
import { childEnv } from "../e2e/machine.ts";
import { npm } from "../e2e/remote.ts";

/** Checks of a run: scenario, check, status. */
export type Checks = readonly string[];

/** Runs the suite; gives its checks in an order that does not depend on time. */
export async function suite(
  home: string,
  mode: "server" | "client",
  words: string[],
): Promise<Checks> {
  const out = await Deno.makeTempDir({ dir: home });
  const [deno, ...run] = npm("@modelcontextprotocol/conformance", mode, ...words, "-o", out);
  // It exits with 1 when a check fails; which ones, its files say.
  const { stdout, stderr } = await new Deno.Command(deno, {
    // By the lock file, so that nothing is asked of the registry here.
    args: ["run", "--config", join(PROJECT, "deno.json"), "--frozen", ...run.slice(1)],
    cwd: home,
    clearEnv: true,
    env: { ...await childEnv(home), CONFORMANCE_HOME: home },
    stdin: "null",
  }).output();
  const checks = await checksIn(out, "");
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).slice(-2000);
  assert.ok(checks.length > 0, `the suite did not run: ${text(stdout)}${text(stderr)}`);
  return checks.sort();
}

async function checksIn(folder: string, scenario: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      const step = name.replace(/-\d{4}-\d\d-\d\dT.*$/, "");
      found.push(...await checksIn(path, scenario === "" ? step : `${scenario}/${step}`));
    } else if (name === "checks.json") {
      for (const { id, status } of JSON.parse(await Deno.readTextFile(path))) {
        if (status !== "INFO") found.push(`${scenario} ${id} ${status}`);
      }
    }
  }
  return found;
}

/** Number of checks with this status. */
export const count = (checks: Checks, status: string): number =>
  checks.filter((check) => check.endsWith(` ${status}`)).length;

/** What two runs do not share, each line with the side that has it. */
export function differences(direct: Checks, through: Checks): string[] {
  const left = [...through], missing: string[] = [];
  for (const check of direct) {
    const at = left.indexOf(check);
    if (at < 0) missing.push(`direct: ${check}`);
    else left.splice(at, 1);
  }
  return [...missing, ...left.map((check) => `through: ${check}`)];
}
