/** A client that sends lines as they are written here, and shows the lines that come back. */

import type { Closable } from "./compare.ts";
import type { Setup } from "./agent.ts";

/** What a raw client can do. */
export interface RawAgent extends Closable {
  /** Sends messages, or lines as they are, and waits for as many lines as `expected`. */
  exchange(messages: readonly (object | string)[], expected?: number): Promise<string[]>;
}

/** Starts the program; what comes first is up to the scenario. */
export function connectRaw({ command: [program, ...args], env }: Setup): Promise<RawAgent> {
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  let stderr = "", pending = "";

  async function nextLine(): Promise<string> {
    for (;;) {
      const end = pending.indexOf("\n");
      if (end >= 0) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 1);
        return line;
      }
      const { value, done } = await output.read();
      if (done) throw new Error(`the output ended, with ${JSON.stringify(pending)}`);
      pending += value;
    }
  }

  return Promise.resolve({
    pid: child.pid,
    stderr: () => stderr,
    exchange: async (messages, expected = messages.length) => {
      const lines = messages.map((m) => typeof m === "string" ? m : JSON.stringify(m));
      await input.write(new TextEncoder().encode(lines.map((line) => line + "\n").join("")));
      const answers: string[] = [];
      while (answers.length < expected) answers.push(await nextLine());
      return answers;
    },
    close: async () => {
      await input.close();
      await child.status;
      await output.cancel();
      stderr = await errors;
    },
  });
}
