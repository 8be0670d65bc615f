/**
 * AgentGate's own folder, for its owner alone.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { agentgateHome, type Environment } from "./home.ts";

/** Rights of the group and of others. */
const NOT_OWNER = 0o077;
/** In such a folder everyone keeps files, as in `/tmp`. */
const STICKY = 0o1000;

/**
 * Takes the rights of the group and of others off AgentGate's own folder, which holds the audit
 * log, the policy and perhaps keys. A folder that is obviously more than that keeps its rights,
 * whatever `AGENTGATE_HOME` says: a home folder, the working folder, the root, one that all share,
 * another user's.
 */
export async function tightenOwnFolder(env: Environment): Promise<void> {
  try {
    const folder = await Deno.realPath(agentgateHome(env));
    const { mode, uid, isDirectory } = await Deno.stat(folder);
    if (mode === null || !isDirectory || (mode & NOT_OWNER) === 0) return;
    if ((mode & STICKY) !== 0 || uid !== Deno.uid() || await isMore(folder, env)) return;
    await Deno.chmod(folder, mode & 0o700);
  } catch {
    // It is not there, or cannot be changed: `agentgate doctor` says so.
  }
}

async function isMore(folder: string, env: Environment): Promise<boolean> {
  const others = [Deno.cwd(), ...env.HOME ? [env.HOME] : []].map((path) =>
    Deno.realPath(resolve(path)).catch(() => "")
  );
  return dirname(folder) === folder || (await Promise.all(others)).includes(folder);
}
