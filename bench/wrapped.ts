/**
 * A wrap of its own for the measurements that drive one: its server, its calls and their records.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ownCommand } from "../src/cli/own_command.ts";

/** The root of the project. */
export const PROJECT: string = fileURLToPath(new URL("..", import.meta.url));

/** Words that run AgentGate, as `agentgate install` has a client start it from a clone. */
export function agentGate(): string[] {
  const main = pathToFileURL(join(PROJECT, "main.ts")).href, execPath = Deno.execPath();
  const { program, args } = ownCommand({ main, execPath, isStandalone: false });
  return [program, ...args];
}

/** A command line of the server that echoes, with these flags. */
export function echoServer(...flags: string[]): string[] {
  const script = join(PROJECT, "bench/echo_server.ts");
  return [Deno.execPath(), "run", "-A", "--quiet", script, ...flags];
}

const encoder = new TextEncoder();

/** A call as a line. */
export function callLine(id: number, message: string = "x".repeat(50)): string {
  const params = { name: "echo", arguments: { message } };
  return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }) + "\n";
}

/**
 * Counts of an audit database: the rows, the different calls they are for, and how many have no end.
 *
 * @param where Which rows to count, in SQL.
 */
export function storedCalls(database: string, where = "true"): {
  readonly rows: number;
  readonly ids: number;
  readonly open: number;
} {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const { rows, ids, open } = db.prepare(
      `SELECT count(*) AS rows, count(DISTINCT request_id) AS ids,
              count(*) FILTER (WHERE outcome IN ('open', 'unknown')) AS open
       FROM tool_invocations WHERE ${where}`,
    ).get()!;
    return { rows: Number(rows), ids: Number(ids), open: Number(open) };
  } finally {
    db.close();
  }
}

/** A running wrap. */
export interface Wrapped {
  readonly pid: number;
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly status: Promise<Deno.CommandStatus>;
  send(text: string): Promise<void>;
  sendBytes(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Closes its input and reads on until it has ended. */
  end(): Promise<void>;
}

/** Starts a wrap that keeps its files in `folder`. */
export function startWrap(
  { folder, db, options = [], command }: {
    readonly folder: string;
    readonly db: string;
    readonly options?: readonly string[];
    readonly command: readonly string[];
  },
): Wrapped {
  const [deno, ...args] = agentGate(), alone = ["--dashboard-port", "0", "--db", join(folder, db)];
  const child = new Deno.Command(deno!, {
    args: [...args, "wrap", ...alone, ...options, "--", ...command],
    cwd: PROJECT,
    env: { AGENTGATE_HOME: join(folder, "home") },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter(), reader = child.stdout.getReader();
  return {
    pid: child.pid,
    reader,
    status: child.status,
    send: (text) => writer.write(encoder.encode(text)),
    sendBytes: (bytes) => writer.write(bytes),
    async end() {
      await writer.close();
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}
