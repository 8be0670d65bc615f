/**
 * `agentgate init`: a configuration and a policy to start from, with the schema that editors check it by.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import defaultPolicy from "../../policies/default.toml" with { type: "text" };
import { configPath, loadConfig } from "../config/config.ts";
import { configText } from "../config/text.ts";
import { reasonOf, UsageError } from "../errors.ts";
import { policySchemaText, SCHEMA_FILE } from "../policy/schema.ts";
import { print } from "./output.ts";
import type { GlobalOptions } from "./options.ts";

/**
 * Writes what is missing, and leaves alone what is there.
 *
 * @returns The exit code.
 * @throws {UsageError} with `--db`, which belongs into the config, or when a file cannot be written.
 */
export async function init(options: GlobalOptions): Promise<number> {
  if (options.db !== undefined) {
    throw new UsageError("init takes no --db: set db_path in the config");
  }
  const config = resolve(options.config ?? configPath(Deno.env.toObject()));
  const policy = join(dirname(config), "policies", "default.toml");
  await print(
    await scaffold(config, configText()) +
      await scaffold(policy, `#:schema ./${SCHEMA_FILE}\n${defaultPolicy}`) +
      await scaffold(join(dirname(policy), SCHEMA_FILE), policySchemaText()) +
      "\nAgentGate initialised. Edit the files above, then run `agentgate wrap -- <server>`.\n" +
      await policyLine(config),
  );
  return 0;
}

/** Says which policy is in force: the configuration may be an older one, and name none. */
async function policyLine(config: string): Promise<string> {
  const { policyPaths } = await loadConfig({ path: config, env: Deno.env.toObject() });
  if (policyPaths.length > 0) return `The policy in force is ${policyPaths.join(", ")}.\n`;
  return `No policy is in force: set policy_path in ${config}.\n`;
}

/**
 * Writes a file that is the owner's alone, unless it exists.
 *
 * @returns The line that says which.
 */
async function scaffold(path: string, text: string): Promise<string> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o600 });
    return `  created ${path}\n`;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return `  exists  ${path}\n`;
    throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`, 1);
  }
}
