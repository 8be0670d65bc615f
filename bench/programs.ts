/**
 * Programs of ours for measurements: how they are built and started, and what they print.
 *
 * @module
 */

import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Words that run a program of ours, by its path from this folder. */
export function program(file: string, ...words: string[]): [string, ...string[]] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [Deno.execPath(), "run", "-A", "--quiet", path, ...words];
}

/**
 * Builds a program in C, by its path from this folder, with `cc` or what the environment variable CC
 * names.
 *
 * @param folder Where it goes.
 * @returns Its path.
 * @throws {Error} with what the compiler says.
 */
export function built(file: string, folder: string): string {
  const source = fileURLToPath(new URL(file, import.meta.url));
  const program = join(folder, basename(file, ".c"));
  const args = ["-O2", "-pthread", "-o", program, source];
  const { success, stderr } = new Deno.Command(Deno.env.get("CC") || "cc", { args }).outputSync();
  if (!success) throw new Error(`${file}: ${new TextDecoder().decode(stderr)}`);
  return program;
}

/** Words that run `agentgate serve` on a free port. */
export function serving(upstream: string, db: string, ...options: string[]): [string, ...string[]] {
  const alone = ["--port", "0", "--dashboard-port", "0"];
  const server = ["--transport", "http", "--upstream", upstream];
  return program("../main.ts", "serve", ...alone, ...server, "--db", db, ...options);
}

/** Starts a program with a home of its own. */
export function start(
  [program, ...args]: readonly [string, ...string[]],
  home: string,
): Deno.ChildProcess {
  const env = { HOME: home };
  return new Deno.Command(program, { args, env, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
}

/**
 * Waits for a program to print something, and goes on reading.
 *
 * @returns The first group of `wanted`.
 * @throws {Error} with what it printed, when it ends before.
 */
export function printed(child: Deno.ChildProcess, wanted: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      if (text.length > 10_000) continue;
      const found = wanted.exec(text += chunk);
      if (found !== null) resolve(found[1]!);
    }
  };
  Promise.all([read(child.stdout), read(child.stderr)]).then(() => reject(new Error(text)), reject);
  return promise;
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
