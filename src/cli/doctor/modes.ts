/**
 * Checks who else can read or change what AgentGate keeps.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { databaseFiles } from "../../audit/private_files.ts";
import { spillFilesOf } from "../../audit/spill_files.ts";
import type { Config } from "../../config/config.ts";
import { agentgateHome, type Environment } from "../../config/home.ts";
import { withUsedFiles } from "../../policy/used_files.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

const READ = 0o044, WRITE = 0o022, SEARCH = 0o011, STICKY = 0o1000;

/** Names of files in AgentGate's folder that hold keys. */
const KEY_FILE = /\.(key|pem|p12|pfx)$/i;

/** A file, and what it would mean if others could read it. */
interface Kept {
  readonly path: string;
  readonly what: string;
  readonly isSecret: boolean;
}

/** Looks at every file that a wrap with this configuration reads or writes, and at its folders. */
export async function checkModes(config: Config, env: Environment): Promise<Finding[]> {
  if (Deno.build.os === "windows") return [];
  const home = agentgateHome(env);
  const files = await keptFiles(config, home);
  const findings = await Promise.all([
    ...[...new Set([home, ...files.map(({ path }) => dirname(path))])]
      .map((folder) => folderFinding(folder, folder === home)),
    ...files.map(fileFinding),
  ]);
  const found = findings.filter((finding) => finding !== null);
  return found.length > 0 ? found : [ok("Files and folders are for their owner alone")];
}

async function keptFiles(config: Config, home: string): Promise<Kept[]> {
  const { dbPath, file, given, policyPaths } = config;
  const isSecret = given.includes("dashboard_api_key");
  return [
    ...[...databaseFiles(dbPath), ...spillFilesOf(dbPath)]
      .map((path) => ({ path, what: "The audit log", isSecret: true })),
    ...file === null ? [] : [{ path: file, what: "The configuration", isSecret }],
    ...withUsedFiles(policyPaths).map((path) => ({ path, what: "The policy", isSecret: false })),
    ...(await keyFiles(home)).map((path) => ({ path, what: "A key file", isSecret: true })),
  ];
}

async function keyFiles(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ name }) => KEY_FILE.test(name)).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

/** Finds a file that others can read or change. */
async function fileFinding({ path, what, isSecret }: Kept): Promise<Finding | null> {
  const mode = await modeOf(path), folderMode = await modeOf(dirname(path));
  if (mode === null || folderMode === null || (folderMode & SEARCH) === 0) return null;
  const mend = `(mode ${shown(mode)}): ${path}; run: chmod 600 ${quoted(path)}`;
  if ((mode & WRITE) !== 0) return wrong(`${what} can be changed by others ${mend}`);
  if ((mode & READ) === 0) return null;
  const text = `${what} can be read by others ${mend}`;
  return isSecret ? wrong(text) : note(text);
}

/** Finds a folder in which others can replace files, or see which there are. */
async function folderFinding(folder: string, isOwn: boolean): Promise<Finding | null> {
  const mode = await modeOf(folder);
  if (mode === null) return null;
  const mend = `(mode ${shown(mode)}): ${folder}; run: chmod 700 ${quoted(folder)}`;
  if ((mode & WRITE) !== 0 && (mode & STICKY) === 0) {
    return wrong(`Others can replace files in a folder ${mend}`);
  }
  const isOpen = isOwn && (mode & (READ | SEARCH)) !== 0;
  return isOpen ? note(`AgentGate's folder can be read by others ${mend}`) : null;
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).mode;
  } catch {
    return null; // what is not there is nobody's to read
  }
}

const shown = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

const quoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
