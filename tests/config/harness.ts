/** Config files in folders of their own. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { FileError } from "../../src/errors.ts";

/** Names the user's home folder. */
export const HOME_VARIABLE: string = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";

export interface Given {
  readonly env?: Record<string, string>;
  readonly db?: string;
  readonly dashboardPort?: number;
}

/** Loads `text` as a config file in a folder of its own, which is the home folder, too. */
export async function withConfig(
  text: string,
  check: (load: () => Promise<Config>, folder: string) => Promise<void>,
  { env, ...options }: Given = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "config.toml");
    await Deno.writeTextFile(path, text);
    await check(
      () => loadConfig({ path, ...options, env: { [HOME_VARIABLE]: folder, ...env } }),
      folder,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Loads a config that must be refused; the problems without their file and source lines. */
export async function problemsOf(text: string, given: Given = {}): Promise<string[]> {
  let problems: string[] = [];
  await withConfig(text, async (load) => {
    const error = await load().then(() => null, (thrown) => thrown);
    assert.ok(error instanceof FileError, `not refused: ${text}`);
    assert.equal(error.exitCode, 2);
    problems = error.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  }, given);
  return problems;
}
