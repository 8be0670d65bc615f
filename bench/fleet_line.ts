/**
 * What shipping costs the line: calls through one wrap that ships its log, to a PostgreSQL that gets
 * what the line leaves of the processor, and through one that does not, in turns; latency at a steady
 * rate, and calls a second at full load.
 *
 * A PostgreSQL of its own machine takes nothing from the line. Here it does, unless Linux counts
 * niceness between all processes: each of PostgreSQL's has a group of its own (`setsid`), and groups
 * share alike. So `sysctl kernel.sched_autogroup_enabled=0` while this is measured.
 *
 * `deno run -A bench/fleet_line.ts [CALLS_A_SECOND] [SECONDS] [ROUNDS]`. Needs a C compiler, and Debian's
 * postgresql.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { type Fleet, withFleet } from "../tests/fleet/fleet.ts";
import { callLine, PROJECT, startWrap, type Wrapped } from "./wrapped.ts";

const [rate = 1000, seconds = 5, rounds = 5] = Deno.args.map(Number);

/** Calls that are open at full load. */
const WINDOW = 32;
/** Milliseconds at the beginning of a run that do not count: the thread comes up in them. */
const WARM_MS = 1500;

/** One run. */
interface Run {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

async function measure(
  { settings }: Fleet,
  folder: string,
  server: string,
  isOn: boolean,
  round: number,
): Promise<Run> {
  const config = join(folder, "config.toml"), { address } = settings.destination;
  await Deno.writeTextFile(config, isOn ? `[fleet]\npostgres = ${JSON.stringify(address)}\n` : "");
  const db = `${isOn ? "on" : "off"}${round}.db`;
  const wrap = startWrap({ folder, db, options: ["--config", config], command: [server] });
  const line = new Line(wrap);
  await line.steady(WARM_MS);
  const delays = (await line.steady(seconds * 1000)).sort((a, b) => a - b);
  const at = (quantile: number) => 1000 * delays[Math.floor(delays.length * quantile)]!;
  const steady = { p50: at(0.5), p99: at(0.99) };
  const perSecond = await line.full(seconds * 1000);
  await line.end();
  return { ...steady, perSecond };
}

/** The agent's end of a wrap. */
class Line {
  readonly #wrap: Wrapped;
  readonly #sentAt = new Map<number, number>();
  #delays: number[] = [];
  #id = 0;
  #onAnswers: (answers: number) => void = () => {};
  readonly #reading: Promise<void>;

  constructor(wrap: Wrapped) {
    this.#wrap = wrap;
    this.#reading = this.#read();
  }

  /** Calls at the rate; milliseconds that each took. */
  async steady(forMs: number): Promise<number[]> {
    this.#delays = [];
    const began = performance.now();
    let sent = 0;
    for (let ms = 0; ms < forMs; ms = performance.now() - began) {
      const due = Math.floor(ms * rate / 1000) - sent;
      if (due > 0) await this.#send(due);
      sent += due;
      await new Promise((done) => setTimeout(done, 1));
    }
    return this.#delays;
  }

  /** As many calls as go through, a second. */
  async full(forMs: number): Promise<number> {
    const began = performance.now(), over = Promise.withResolvers<void>();
    let answered = 0;
    this.#onAnswers = (answers) => {
      answered += answers;
      if (performance.now() - began >= forMs) over.resolve();
      else void this.#send(answers);
    };
    await this.#send(WINDOW);
    await over.promise;
    this.#onAnswers = () => {};
    return 1000 * answered / (performance.now() - began);
  }

  async end(): Promise<void> {
    this.#wrap.reader.cancel();
    Deno.kill(this.#wrap.pid, "SIGTERM");
    await this.#wrap.status;
    await this.#reading;
  }

  async #send(calls: number): Promise<void> {
    let text = "";
    for (let n = 0; n < calls; n++) {
      text += callLine(++this.#id);
      this.#sentAt.set(this.#id, performance.now());
    }
    await this.#wrap.send(text);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (let rest = "";;) {
      const { value, done } = await this.#wrap.reader.read();
      if (done) return;
      const now = performance.now(), lines = (rest + decoder.decode(value)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const id = Number(/"id":(\d+)/.exec(line)?.[1]);
        this.#delays.push(now - this.#sentAt.get(id)!);
        this.#sentAt.delete(id);
      }
      this.#onAnswers(lines.length);
    }
  }
}

/** Whether each session of processes has a share of the processor of its own. */
function hasGroups(): boolean {
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/sched_autogroup_enabled").trim() === "1";
  } catch {
    return false;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

if (hasGroups()) {
  console.log(
    "sched_autogroup_enabled is 1: PostgreSQL takes a share of the line's; set it to 0 first",
  );
}
await withFleet({ isNice: true }, async (fleet) => {
  const folder = dirname(fleet.dbPath), server = join(folder, "echo");
  const source = join(PROJECT, "bench/overhead/echo.c");
  new Deno.Command("cc", { args: ["-O2", "-pthread", "-o", server, source] }).outputSync();
  const runs = { off: [] as Run[], on: [] as Run[] };
  for (let round = 0; round < rounds; round++) {
    const turns = ["off", "on"] as const;
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      runs[turn].push(await measure(fleet, folder, server, turn === "on", round));
    }
  }
  console.log(`${rate} calls/s, then ${WINDOW} open; medians of ${rounds} rounds`);
  for (const key of ["p50", "p99", "perSecond"] as const) {
    const of = (turn: "off" | "on") => runs[turn].map((run) => run[key]);
    const ratio = median(of("on").map((value, round) => value / of("off")[round]!));
    const [off, on] = [median(of("off")), median(of("on"))].map((value) => value.toFixed(0));
    console.log(`${key.padEnd(10)} off ${off}, on ${on}: ${ratio.toFixed(3)} within a round`);
  }
});
