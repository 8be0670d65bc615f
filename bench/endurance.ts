/**
 * What a wrap costs beside its latency: time to the first answer, resident memory when idle and in a
 * flood, and how many audited calls a second it keeps up without losing a row.
 *
 * `deno task bench:endurance [--seconds 60] [--rate 25000] [--transport portable]`. Needs /proc (Linux). Figures depend on
 * the machine; the rows do not.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { footprint } from "./processes.ts";
import { callLine, echoServer, startWrap, storedCalls } from "./wrapped.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "25000" },
    flood: { type: "string", default: "1024" },
    transport: { type: "string" },
  },
});
const seconds = Number(values.seconds), rate = Number(values.rate);
const floodBytes = Number(values.flood) * 1024 * 1024;

const encoder = new TextEncoder();
const folder = await Deno.makeTempDir({ prefix: "agentgate-bench-" });
try {
  report("first answer, median of 11 starts (ms)", await firstAnswer(11));
  report("resident when idle (MB)", await idleMemory());
  await flood();
  await sustained();
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Milliseconds from the start of the process to the first answer. */
async function firstAnswer(starts: number): Promise<number> {
  const times: number[] = [];
  // `cat` sends the call back as a request of its own, which is as good as an answer here.
  for (let i = 0; i < starts; i++) {
    const begun = performance.now();
    const wrap = start("first.db", ["cat"]);
    await wrap.send(callLine(1));
    await wrap.reader.read();
    times.push(performance.now() - begun);
    await wrap.end();
  }
  return times.sort((a, b) => a - b)[starts >> 1]!;
}

async function idleMemory(): Promise<number> {
  const wrap = start("idle.db", echoServer());
  await wrap.send(callLine(1));
  await wrap.reader.read();
  await pause(2000);
  const { resident } = footprint(wrap.pid);
  await wrap.end();
  return resident;
}

/** Bytes that nobody answers, through a server that reads 100 MB a second. */
async function flood(): Promise<void> {
  const wrap = start("flood.db", echoServer("--slow", String(100e6)));
  const notice = encoder.encode(
    `{"jsonrpc":"2.0","method":"notifications/x","params":{"text":"${"x".repeat(60_000)}"}}\n`,
  );
  const begun = performance.now();
  for (let sent = 0; sent < floodBytes; sent += notice.length) await wrap.sendBytes(notice);
  report("flood through a slow reader (MB/s)", floodBytes / 1e3 / (performance.now() - begun));
  report("highest resident in the flood (MB)", footprint(wrap.pid).highest);
  await wrap.end();
}

/** Calls at a fixed rate: every one answered, every one in the log. */
async function sustained(): Promise<void> {
  const wrap = start("sustained.db", echoServer());
  const total = rate * seconds;
  let answered = 0;
  const reading = (async () => {
    while (answered < total) {
      const { value, done } = await wrap.reader.read();
      if (done) break;
      for (let at = value.indexOf(10); at >= 0; at = value.indexOf(10, at + 1)) answered++;
    }
  })();
  const begun = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor((performance.now() - begun) / 1000 * rate) + 1);
    let text = "";
    for (; sent < due; sent++) text += callLine(sent);
    if (text !== "") await wrap.send(text);
    await pause(5);
  }
  await reading;
  const took = (performance.now() - begun) / 1000;
  const { highest } = footprint(wrap.pid);
  await wrap.end();
  const { rows } = storedCalls(join(folder, "sustained.db"), "outcome = 'ok'");
  report(`calls a second, sustained for ${seconds} s`, total / took);
  report("calls sent", total);
  report("calls answered", answered);
  report("rows stored", rows);
  report("highest resident while sustained (MB)", highest);
}

function start(db: string, command: readonly string[]) {
  const options = values.transport === undefined ? [] : ["--transport", values.transport];
  return startWrap({ folder, db, command, options });
}

function report(what: string, figure: number): void {
  console.log(`${what.padEnd(48)} ${figure >= 1000 ? Math.round(figure) : figure.toFixed(1)}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
