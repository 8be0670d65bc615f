/** A wrap of its own for the measurements that drive one, and what /proc tells of it (Linux). */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the project. */
export const PROJECT: string = fileURLToPath(new URL("..", import.meta.url));

/** A command line of the server that echoes, with these flags. */
export function echoServer(...flags: string[]): string[] {
  const script = join(PROJECT, "bench/echo_server.ts");
  return [Deno.execPath(), "run", "-A", "--quiet", script, ...flags];
}

const encoder = new TextEncoder();

/** A call as a line. */
export function callLine(id: number, text: string = "x".repeat(50)): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"message":"${text}"}}}\n`;
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
  const main = join(PROJECT, "main.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", main, "wrap", "--db", join(folder, db), ...options, "--"],
      ...command,
    ],
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

/** Resident memory of a process now, and at its highest, in MB; its threads and descriptors. */
export function footprint(pid: number): {
  readonly resident: number;
  readonly highest: number;
  readonly threads: number;
  readonly descriptors: number;
} {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const of = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)![1]);
  return {
    resident: of("VmRSS") / 1024,
    highest: of("VmHWM") / 1024,
    threads: of("Threads"),
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}
