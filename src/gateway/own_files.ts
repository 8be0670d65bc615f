/**
 * AgentGate's own files, as this process has them in force.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { agentgateHome, type Environment } from "../config/home.ts";
import { UsageError } from "../errors.ts";
import { OwnFiles, type OwnPlace } from "../policy/own_files.ts";
import { withUsedFiles } from "../policy/used_files.ts";

/** Makes the guard of the files that a configuration names, and of AgentGate's folder. */
export function ownFilesOf(config: Config, env: Environment): OwnFiles {
  const files = (what: string, paths: readonly string[]): OwnPlace[] =>
    paths.map((path) => ({ what, path, kind: "file" }));
  return new OwnFiles({
    places: [
      ...folderOf(env),
      ...files("the configuration", config.file === null ? [] : [config.file]),
      ...files("the policy", withUsedFiles(config.policyPaths)),
      { what: "the audit log", path: config.dbPath, kind: "database" },
    ],
    bases: [Deno.cwd(), ...env.HOME ? [env.HOME] : []],
    env,
  });
}

function folderOf(env: Environment): OwnPlace[] {
  try {
    return [{ what: "AgentGate's folder", path: agentgateHome(env), kind: "folder" }];
  } catch (fault) {
    // Without a home there is no folder, either.
    if (fault instanceof UsageError) return [];
    throw fault;
  }
}
