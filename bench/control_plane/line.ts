/**
 * What those who watch cost the line: latency of calls through a wrap that serves the dashboard, with
 * many live sockets and with none, in turns; and what each thread of the wrap works meanwhile. Linux.
 *
 * `deno run -A bench/control_plane/line.ts [--apart] [CLIENTS] [CALLS_A_SECOND] [SECONDS] [ROUNDS]`;
 * `--apart` has the dashboard in a process of its own, beside the wrap: what is seen then is the work
 * of the machine, and not of the line.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDashboard } from "./dashboard.ts";
import { median } from "../overhead/report.ts";
import { printed, program, start } from "../programs.ts";
import { callLine, PROJECT } from "../wrapped.ts";

const { values: { apart }, positionals } = parseArgs({
  allowPositionals: true,
  options: { apart: { type: "boolean", default: false } },
});
const [clients = 200, rate = 2000, seconds = 6, rounds = 4] = positionals.map(Number);
/** Milliseconds at the beginning of a run that do not count. */
const WARM_MS = 1000;

const home = await Deno.makeTempDir({ prefix: "agentgate-bench-" }), db = join(home, "logs.db");
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
listener.close();
const server = join(home, "echo");
new Deno.Command("cc", {
  args: ["-O2", "-pthread", "-o", server, join(PROJECT, "bench/overhead/echo.c")],
}).outputSync();
const [deno, ...args] = program(
  ...["../main.ts", "wrap", "--dashboard-port", `${apart ? 0 : port}`, "--db", db] as const,
  ...["--", server],
);
const wrap = new Deno.Command(deno, {
  args,
  env: { AGENTGATE_HOME: home },
  ...{ stdin: "piped", stdout: "piped", stderr: "null" },
}).spawn();
const input = wrap.stdin.getWriter(), encoder = new TextEncoder();
const sentAt = new Map<number, number>();
let delays: number[] = [], id = 0, isCounting = false;
const reading = read();

await send(1);
const dashboard = apart
  ? await startDashboard(db, home)
  : { port, key: await keyOf(home), child: undefined };
const results: { watched: boolean; p50: number; p99: number; cpu: Map<string, number> }[] = [];
for (let round = 0; round < rounds; round++) {
  for (const watched of round % 2 === 0 ? [false, true] : [true, false]) {
    results.push({ watched, ...await run(watched) });
  }
}
console.log(
  `${rate} calls/s, ${rounds} runs of ${seconds} s each, medians of the runs; threads in ms a second`,
);
const [without, withAll] = [false, true].map((watched) => {
  const of = results.filter((result) => result.watched === watched);
  const p50 = median(of.map(({ p50 }) => p50)), p99 = median(of.map(({ p99 }) => p99));
  const names = new Set(of.flatMap(({ cpu }) => [...cpu.keys()]));
  const threads = [...names].map((name) => [name, median(of.map(({ cpu }) => cpu.get(name) ?? 0))]);
  const busy = threads.filter(([, ms]) => Number(ms) >= 5).sort((a, b) =>
    Number(b[1]) - Number(a[1])
  );
  console.log(
    `${(watched ? `${clients} sockets` : "none").padEnd(12)} p50 ${p50.toFixed(0)} µs, p99 ${
      p99.toFixed(0)
    } µs; ${busy.map(([name, ms]) => `${name} ${Number(ms).toFixed(0)}`).join(", ")}`,
  );
  return { p50, p99 };
});
console.log(
  `ratio: p50 ${(withAll!.p50 / without!.p50).toFixed(2)}, p99 ${
    (withAll!.p99 / without!.p99).toFixed(2)
  }`,
);
dashboard.child?.kill();
await dashboard.child?.status;
await input.close();
await reading;
await wrap.status;
await Deno.remove(home, { recursive: true });

/** One run; with or without those who watch. */
async function run(watched: boolean) {
  const watching = watched
    ? start([
      "nice",
      "-n",
      "19",
      ...program("control_plane/watchers.ts", `${dashboard.port}`, dashboard.key, `${clients}`),
    ], home)
    : undefined;
  if (watching !== undefined) await printed(watching, /(open)/);
  delays = [];
  isCounting = false;
  const began = performance.now(), endMs = WARM_MS + seconds * 1000;
  let sent = 0, before = new Map<string, number>();
  for (let ms = 0; ms < endMs; ms = performance.now() - began) {
    if (!isCounting && ms >= WARM_MS) {
      isCounting = true;
      before = threadMs(wrap.pid);
    }
    const due = Math.floor(ms * rate / 1000) - sent;
    if (due > 0) await send(due);
    sent += due;
    await new Promise((done) => setTimeout(done, 1));
  }
  const after = threadMs(wrap.pid);
  isCounting = false;
  watching?.kill();
  await watching?.status;
  delays.sort((a, b) => a - b);
  const at = (quantile: number) => 1000 * delays[Math.floor(delays.length * quantile)]!;
  const cpu = new Map(
    [...after].map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / seconds]),
  );
  return { p50: at(0.5), p99: at(0.99), cpu };
}

async function send(calls: number): Promise<void> {
  let text = "";
  for (let n = 0; n < calls; n++) {
    text += callLine(++id);
    sentAt.set(id, performance.now());
  }
  await input.write(encoder.encode(text));
}

async function read(): Promise<void> {
  let rest = "";
  for await (const chunk of wrap.stdout.pipeThrough(new TextDecoderStream())) {
    const now = performance.now(), lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const answered = Number(/"id":(\d+)/.exec(line)?.[1]);
      if (isCounting) delays.push(now - sentAt.get(answered)!);
      sentAt.delete(answered);
    }
  }
}

/** The key, once somebody serves. */
async function keyOf(folder: string): Promise<string> {
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/health`)).body?.cancel();
      return (await Deno.readTextFile(join(folder, "dashboard.key"))).trim();
    } catch {
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Milliseconds of processor that each thread of a process has used, by its name and number. */
function threadMs(pid: number): Map<string, number> {
  const used = new Map<string, number>(), tasks = `/proc/${pid}/task`;
  for (const { name } of Deno.readDirSync(tasks)) {
    const stat = Deno.readTextFileSync(`${tasks}/${name}/stat`);
    const comm = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    used.set(`${comm}:${Number(name) - pid}`, 10 * (Number(fields[11]) + Number(fields[12])));
  }
  return used;
}
