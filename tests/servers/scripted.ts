/**
 * An MCP server for tests that does what its arguments say:
 *
 * --exit N           ends with code N at the first request
 * --die SIGNAL       kills itself with SIGNAL at the first request
 * --ignore-eof       stays after its input has ended
 * --ignore-signals   stays after SIGTERM, SIGINT and SIGHUP
 * --tell-signals     ends with code 40 + the signal's number
 * --slow MS          answers MS milliseconds late
 * --mute             never answers a call
 * --noise            also writes what is not JSON-RPC to stdout
 * --chatter N        writes N lines to stderr for each request
 * --tell-pid         writes "pid N" to stderr
 * --ready            writes "ready" to stderr when it can be killed
 */

const flags = new Map<string, string>();
for (let i = 0; i < Deno.args.length; i++) {
  const [flag, value] = [Deno.args[i]!, Deno.args[i + 1]];
  flags.set(flag.slice(2), value === undefined || value.startsWith("--") ? "" : (i++, value));
}

const encoder = new TextEncoder();
let writing = Promise.resolve();
const say = (line: string) => {
  const bytes = encoder.encode(line + "\n");
  writing = writing.then(async () => {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  });
};

if (Deno.build.os !== "windows") {
  const numbers = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const;
  for (const [name, number] of Object.entries(numbers)) {
    const signal = name as Deno.Signal;
    if (flags.has("ignore-signals")) Deno.addSignalListener(signal, () => {});
    if (flags.has("tell-signals")) Deno.addSignalListener(signal, () => Deno.exit(40 + number));
  }
}
if (flags.has("tell-pid")) console.error(`pid ${Deno.pid}`);
if (flags.has("ready")) console.error("ready");

let rest = "";
const decoder = new TextDecoder();
let answered = Promise.resolve();
for await (const chunk of Deno.stdin.readable) {
  const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
  rest = lines.pop()!;
  for (const line of lines) answered = answered.then(() => take(line));
}
await answered;
await writing;
if (flags.has("ignore-eof")) setInterval(() => {}, 1000);

async function take(line: string): Promise<void> {
  if (flags.has("noise")) say("a log line that went to stdout");
  for (let i = Number(flags.get("chatter") ?? 0); i > 0; i--) console.error("chatter ".repeat(10));
  let messages;
  try {
    messages = [JSON.parse(line)].flat();
  } catch {
    return say(
      JSON.stringify({ jsonrpc: "2.0", method: "notifications/unread", params: { line } }),
    );
  }
  for (const message of messages) {
    if (message.id === undefined || message.method === undefined) continue;
    if (flags.has("exit")) Deno.exit(Number(flags.get("exit")));
    if (flags.has("die")) {
      Deno.kill(Deno.pid, flags.get("die") as Deno.Signal);
      await new Promise(() => setInterval(() => {}, 1000));
    }
    if (flags.has("mute") && message.method === "tools/call") continue;
    if (flags.has("slow")) await new Promise((done) => setTimeout(done, Number(flags.get("slow"))));
    const text = JSON.stringify(message.params ?? null);
    const result = { content: [{ type: "text", text }] };
    say(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
  }
}
