/**
 * The program as a process, with nothing in its environment that the test did not put there.
 *
 * @module
 */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(import.meta.resolve("../../main.ts"));
const RUN = Object.freeze(["run", "-A", "--quiet", "--no-prompt", MAIN]);

/** How a run ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home folder, and the program in it. */
export class Home {
  constructor(readonly folder: string) {}

  /** A path in the home folder. */
  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** A process that is still running; standard output and error are pipes. */
  spawn(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
    return this.#start(Deno.execPath(), [...RUN, ...args], env);
  }

  #start(program: string, args: readonly string[], env: Record<string, string>) {
    return new Deno.Command(program, {
      args: [...args],
      cwd: this.folder,
      clearEnv: true,
      env: { ...ENVIRONMENT, HOME: this.folder, USERPROFILE: this.folder, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    return await ended(this.spawn(args, env));
  }

  /** Runs it in a script of the shell, which calls it by `"$@"`. */
  async runInShell(script: string, args: readonly string[]): Promise<Ended> {
    const words = ["-c", script, "sh", Deno.execPath(), ...RUN, ...args];
    return await ended(this.#start("sh", words, {}));
  }

  /** Writes a file, its folders included; its path. */
  async write(name: string, text: string): Promise<string> {
    const path = this.path(name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, text);
    return path;
  }
}

async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a test in a home folder of its own. */
export async function withHome(test: (home: Home) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await test(new Home(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where the programs are, and Deno's cache: without it each run would load every package anew. */
const ENVIRONMENT = environment();

function environment(): Record<string, string> {
  const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
  return { PATH: Deno.env.get("PATH") ?? "", DENO_DIR: denoDir, NO_COLOR: "1", TZ: "UTC" };
}

/** Some columns of a row; the others are null. */
export interface HandMadeRow {
  readonly timestamp: string;
  readonly server?: string;
  readonly tool?: string;
  readonly status?: string;
  readonly latency?: number;
  readonly hit?: string;
  readonly arguments?: string;
}

/** Makes a database as the original would have, with its table and its timestamps. */
export function makeDatabase(path: string, rows: readonly HandMadeRow[]): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS tool_invocations (id TEXT PRIMARY KEY, timestamp TEXT NOT NULL,
      agent_id TEXT, session_id TEXT, server_name TEXT NOT NULL, tool_name TEXT NOT NULL,
      arguments TEXT, result TEXT, latency_ms INTEGER, status TEXT NOT NULL, policy_hit TEXT);`);
  rows.forEach((row, index) => insertRow(db, `id-${index + 1}`, row));
  return db;
}

/** Adds a row. */
export function insertRow(db: DatabaseSync, id: string, row: HandMadeRow): void {
  db.prepare("INSERT INTO tool_invocations VALUES (?, ?, NULL, NULL, ?, ?, ?, NULL, ?, ?, ?)").run(
    id,
    row.timestamp,
    row.server ?? "fs",
    row.tool ?? "read_file",
    row.arguments ?? null,
    row.latency ?? null,
    row.status ?? "allowed",
    row.hit ?? null,
  );
}
