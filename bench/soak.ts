/**
 * Whether a wrap stays what it was: a million calls while its policy is reloaded every second, and
 * servers that are killed at random moments. Anything lost ends it with an error.
 *
 * `deno task bench:soak [--calls 1000000] [--kills 50] [--transport portable]`. Needs /proc (Linux).
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { footprint, kill } from "./processes.ts";
import { callLine, echoServer, startWrap, storedCalls, type Wrapped } from "./wrapped.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string", default: "1000000" },
    kills: { type: "string", default: "50" },
    transport: { type: "string" },
  },
});
const calls = Number(values.calls), kills = Number(values.kills);
const transport = values.transport === undefined ? [] : ["--transport", values.transport];

/** Calls that are open at a time. */
const WINDOW = 200;

const folder = await Deno.makeTempDir({ prefix: "agentgate-soak-" });
try {
  await manyCalls();
  await randomKills();
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** A million calls, and a reload every second. */
async function manyCalls(): Promise<void> {
  const policy = join(folder, "policy.toml");
  await Deno.writeTextFile(policy, policyText(0));
  const options = [...transport, "--policy", policy];
  const wrap = startWrap({ folder, db: "soak.db", options, command: echoServer() });
  const samples: ReturnType<typeof footprint>[] = [];
  let reloads = 0;
  const watching = setInterval(() => {
    samples.push(footprint(wrap.pid));
    Deno.writeTextFileSync(policy, policyText(++reloads));
  }, 1000);
  const begun = performance.now();
  const answered = await traffic(wrap, calls, () => {});
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(watching);
  await wrap.end();
  console.log(`${calls} calls in ${seconds.toFixed(0)} s, ${reloads} reloads, ${answered} answers`);
  const { rows, ids } = storedCalls(join(folder, "soak.db"));
  console.log(`${rows} rows, ${ids} different calls`);
  if (answered !== calls || rows !== calls || ids !== calls) throw new Error("calls were lost");
  // The first seconds are those in which everything is compiled.
  const settled = samples.slice(Math.min(5, samples.length >> 1));
  const quarter = Math.max(1, settled.length >> 2);
  for (const key of ["resident", "threads", "descriptors"] as const) {
    const median = (of: typeof samples) =>
      of.map((s) => s[key]).sort((a, b) => a - b)[of.length >> 1]!;
    const first = median(settled.slice(0, quarter)), last = median(settled.slice(-quarter));
    console.log(
      `${key.padEnd(12)} first quarter ${first.toFixed(0)}, last quarter ${last.toFixed(0)}`,
    );
  }
}

/** Sessions whose server is killed in mid-traffic: each call has one row, and each row an end. */
async function randomKills(): Promise<void> {
  let total = 0, unanswered = 0;
  for (let i = 0; i < kills; i++) {
    const db = `kill${i}.db`, database = join(folder, db);
    const pidFile = join(folder, "server.pid");
    const command = ["sh", "-c", `echo $$ > '${pidFile}'; exec "$@"`, "sh", ...echoServer()];
    const wrap = startWrap({ folder, db, options: transport, command });
    const at = 1 + Math.floor(Math.random() * 5000);
    const answered = await traffic(wrap, 1_000_000, (count) => {
      if (count >= at) kill([Number(Deno.readTextFileSync(pidFile))]);
    });
    const { code } = await wrap.status;
    const { rows, ids, open } = storedCalls(database);
    if (code !== 137) throw new Error(`the gateway ended with ${code}, not with 137`);
    if (open > 0 || rows !== ids || rows < answered) {
      throw new Error(`${rows} rows, ${ids} calls, ${open} without an end, ${answered} answers`);
    }
    total += rows;
    unanswered += storedCalls(database, "outcome = 'server_gone'").rows;
    await Deno.remove(database);
  }
  console.log(
    `${kills} servers killed: ${total} calls, ${unanswered} of them unanswered, all recorded`,
  );
}

/** Keeps {@link WINDOW} calls open until all are answered, or the wrap ends; how many were answered. */
async function traffic(
  wrap: Wrapped,
  count: number,
  onAnswers: (answered: number) => void,
): Promise<number> {
  let sent = 0, answered = 0;
  const decoder = new TextDecoder();
  while (answered < count) {
    let text = "";
    for (; sent < Math.min(count, answered + WINDOW); sent++) text += callLine(sent);
    if (text !== "") await wrap.send(text).catch(() => {});
    const { value, done } = await wrap.reader.read();
    if (done) break;
    answered += decoder.decode(value).split('"result"').length - 1;
    onAnswers(answered);
  }
  return answered;
}

/** A policy that is another one at each reload. */
function policyText(version: number): string {
  return `[metadata]
name = "soak"
version = "${version}"

[[rules]]
id = "deny-${version}"
tool = "never_called_${version}"
action = "deny"

[[rules]]
id = "condition"
tool = "echo"
condition = "arguments.message matches '^secret-${version}'"
action = "deny"

[[rules]]
id = "mask"
tool = "*"
action = "redact"
pattern = "sk-[a-z0-9]{20}${version}"
replacement = "[REDACTED]"
`;
}
