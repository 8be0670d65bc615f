/**
 * A client for the official suite that goes through the gateway: runs the words it is given with the
 * gateway's address in the place of the last one, which is the suite's own server.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const [client, ...words] = Deno.args as [string, ...string[]];
const url = words.pop()!;
const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const db = `${await Deno.makeTempDir({ dir: Deno.env.get("CONFORMANCE_HOME")! })}/logs.db`;
const gateway = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "-A", "--quiet", main, "serve", "--dashboard-port", "0", "--transport", "http"],
    ...["--upstream", url, "--port", "0", "--db", db],
  ],
  stdin: "null",
  stderr: "piped",
}).spawn();
const lines = gateway.stderr.pipeThrough(new TextDecoderStream()).getReader();
let text = "";
for (let found; (found = /url=(\S+)/.exec(text)) === null;) {
  const { value, done } = await lines.read();
  if (done) throw new Error(`the gateway ended: ${text} ${found}`);
  text += value;
}
const own = new URL(/url=(\S+)/.exec(text)![1]!);
own.hostname = new URL(url).hostname;
const reading = (async () => {
  while (!(await lines.read()).done);
})();
const { code } = await new Deno.Command(client, {
  args: [...words, own.href],
  stdout: "inherit",
  stderr: "inherit",
}).spawn().status;
gateway.kill("SIGTERM");
await gateway.status;
await reading;
Deno.exit(code);
