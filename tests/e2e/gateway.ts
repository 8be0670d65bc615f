/** Starts the real program as its user would, and owns what it starts. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnv } from "./machine.ts";
import { transportOptions } from "./transports.ts";

/** The root of the project. */
export const PROJECT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The scripted test server with these flags, as words of a command. */
export function scripted(...flags: string[]): [string, ...string[]] {
  return [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    join(PROJECT, "tests/servers/scripted.ts"),
    ...flags,
  ];
}

/** A running `agentgate wrap`. */
export interface Wrap {
  readonly child: Deno.ChildProcess;
  readonly dbPath: string;
  readonly home: string;
  /** Sends text, or whole messages as lines. */
  send(...messages: (string | object)[]): Promise<void>;
  sendBytes(bytes: Uint8Array): Promise<void>;
  closeInput(): Promise<void>;
  /** The next line of the program's stdout; undefined at its end. */
  // deno-lint-ignore no-explicit-any
  next(): Promise<any>;
  /** All lines until stdout ends. */
  // deno-lint-ignore no-explicit-any
  rest(): Promise<any[]>;
  /** Resolves when this stands somewhere in stderr. */
  stderrHas(text: string): Promise<void>;
  readonly stderr: () => string;
  /** Resolves when nobody holds stderr open any more: neither the program nor the server. */
  stderrEnded(): Promise<void>;
  /** The audit rows, oldest first. */
  // deno-lint-ignore no-explicit-any
  rows(): any[];
}

/** How a program is to be started. */
export interface WrapSetup {
  /** Options before `--`. */
  readonly options?: readonly string[];
  /** Text of `config.toml`. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the server is a remote one, for which there is one transport. */
  readonly isRemote?: boolean;
  /** Whether stderr is left unread. */
  readonly undrainedStderr?: boolean;
}

/** Milliseconds after which a program under test is given up. */
const DEADLINE_MS = 30_000;

/** Runs `agentgate wrap -- command` in a home of its own, and kills what is left of it. */
export async function withWrap(
  command: readonly string[],
  setup: WrapSetup,
  use: (wrap: Wrap) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "agentgate-test-" });
  const dbPath = join(home, "logs.db");
  const options = [
    "--db",
    dbPath,
    ...setup.isRemote ? [] : transportOptions(),
    ...setup.options ?? [],
  ];
  if (setup.config !== undefined) {
    const file = join(home, "config.toml");
    await Deno.writeTextFile(file, setup.config);
    options.push("--config", file);
  }
  const main = join(PROJECT, "main.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", main, "wrap", ...options, "--", ...command],
    cwd: PROJECT,
    clearEnv: true,
    env: { ...await childEnv(home), ...setup.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const out = child.stdout.pipeThrough(new TextDecoderStream());
  const lines = new Lines(out.getReader());
  const errors = new Watched();
  const reading = setup.undrainedStderr ? undefined : errors.read(child.stderr);
  const input = child.stdin.getWriter();
  const encoder = new TextEncoder();
  let closed = false;
  let late = false;
  // Everything that is awaited below ends with the program, at the latest when it is killed.
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
    // Somebody else may hold the pipe open.
    lines.cancel();
  }, DEADLINE_MS);
  try {
    await use({
      child,
      dbPath,
      home,
      send: (...messages) =>
        input.write(encoder.encode(
          messages.map((m) => typeof m === "string" ? m : JSON.stringify(m) + "\n").join(""),
        )),
      sendBytes: (bytes) => input.write(bytes as Uint8Array<ArrayBuffer>),
      closeInput: async () => {
        closed = true;
        await input.close();
      },
      next: () => lines.next(),
      rest: () => lines.rest(),
      stderrHas: (text) => errors.has(text),
      stderr: () => errors.text,
      stderrEnded: async () => await reading,
      rows: () => readRows(dbPath),
    });
  } finally {
    clearTimeout(deadline);
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    if (!closed) await input.abort().catch(() => {});
    await child.status;
    await lines.cancel();
    if (setup.undrainedStderr) await child.stderr.cancel();
    await reading;
    await Deno.remove(home, { recursive: true });
  }
  if (late) throw new Error(`the program was killed after ${DEADLINE_MS} ms: ${errors.text}`);
}

/** The audit rows of a database, oldest first. */
// deno-lint-ignore no-explicit-any
export function readRows(path: string): any[] {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    return db.prepare("SELECT * FROM tool_invocations ORDER BY id").all();
  } finally {
    db.close();
  }
}

class Lines {
  #pending = "";
  readonly #reader: ReadableStreamDefaultReader<string>;
  constructor(reader: ReadableStreamDefaultReader<string>) {
    this.#reader = reader;
  }
  // deno-lint-ignore no-explicit-any
  async next(): Promise<any> {
    for (;;) {
      const end = this.#pending.indexOf("\n");
      if (end >= 0) {
        const line = this.#pending.slice(0, end);
        this.#pending = this.#pending.slice(end + 1);
        return JSON.parse(line);
      }
      const { value, done } = await this.#reader.read();
      if (done) {
        if (this.#pending !== "") throw new Error(`not a line: ${this.#pending}`);
        return undefined;
      }
      this.#pending += value;
    }
  }
  // deno-lint-ignore no-explicit-any
  async rest(): Promise<any[]> {
    const all = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) all.push(line);
    return all;
  }
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

class Watched {
  text = "";
  #waiting: { text: string; found: () => void; lost: (fault: Error) => void }[] = [];
  async read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text += chunk;
      this.#waiting = this.#waiting.filter(({ text, found }) =>
        this.text.includes(text) ? void found() : true
      );
    }
    for (const { text, lost } of this.#waiting) {
      lost(new Error(`stderr ended without ${JSON.stringify(text)}: ${this.text}`));
    }
  }
  has(text: string): Promise<void> {
    if (this.text.includes(text)) return Promise.resolve();
    return new Promise((found, lost) => this.#waiting.push({ text, found, lost }));
  }
}
