/**
 * Whether ordinary files pass on a busy machine: each run is a gateway that has just been started, with
 * a shipped policy, beside two loops that take all the time there is; a lock file, source text or a
 * README of 1 MB comes back by one call. Anything refused ends it with an error.
 *
 * `deno task bench:ordinary [--runs 100]`.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT, startWrap } from "./wrapped.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: { runs: { type: "string", default: "100" } },
});
const BYTES = 1_000_000;
const POLICIES = ["04-redact-pii", "08-redact-api-keys", "10-defence-in-depth"];
const FILES = ["deno.lock", "src/session/session.ts", "README.md"];

const folder = await Deno.makeTempDir({ prefix: "agentgate-ordinary-" });
const loops = Array.from({ length: 2 }, () =>
  new Deno.Command(Deno.execPath(), {
    args: ["eval", "for (;;);"],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn());
const took: number[] = [], refused: string[] = [];
try {
  for (let run = 0; run < Number(values.runs); run++) {
    const policy = POLICIES[run % 3]!, file = FILES[Math.floor(run / 3) % 3]!;
    const text = await Deno.readTextFile(join(PROJECT, file)), path = join(folder, "text");
    await Deno.writeTextFile(path, text.repeat(Math.ceil(BYTES / text.length)).slice(0, BYTES));
    const server = [
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      join(PROJECT, "bench/text_server.ts"),
      path,
    ];
    const options = ["--policy", join(PROJECT, `policies/examples/${policy}.toml`)];
    const wrap = startWrap({ folder, db: `${run}.db`, options, command: server });
    const begun = performance.now();
    const params = { name: "read_file", arguments: { path: "/workspace/text" } };
    await wrap.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }) + "\n");
    const answer = await lineOf(wrap.reader);
    took.push(performance.now() - begun);
    if (!answer.includes('"result"') || answer.length < BYTES) {
      refused.push(`${policy}, ${file}: ${answer.slice(0, 300)}`);
    }
    await wrap.end();
  }
} finally {
  for (const loop of loops) loop.kill("SIGKILL");
  await Promise.all(loops.map(({ status }) => status));
  await Deno.remove(folder, { recursive: true });
}
took.sort((a, b) => a - b);
console.log(`${refused.length} refused of ${took.length}`);
console.log(
  `from the start to the answer: median ${Math.round(took[took.length >> 1]!)} ms, ` +
    `longest ${Math.round(took.at(-1)!)} ms`,
);
for (const one of refused) console.error(one);
Deno.exit(refused.length > 0 ? 1 : 0);

async function lineOf(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    if (text.includes("\n")) return text;
  }
}
