/**
 * What AgentGate adds to a call, beside the server alone, a byte pump and other gateways: latency,
 * throughput, CPU, memory and start. Needs Linux.
 *
 * `deno task bench:overhead [--quick]`; `--help` tells the rest. Results go to
 * `bench/results/VERSION`, everything else is left as it was. The exit code is 1 if anything failed.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { contestantsOf } from "./overhead/contestants.ts";
import { machineFacts, pinTo } from "./overhead/machine.ts";
import { markdownOf } from "./overhead/markdown.ts";
import { HELP, OptionError, type Options, readOptions } from "./overhead/options.ts";
import { FULL, PAYLOADS, QUICK } from "./overhead/payloads.ts";
import { buildPrograms } from "./overhead/programs.ts";
import { type Circumstances, Collector, type Result, withoutPaths } from "./overhead/results.ts";
import { measure, RunError, type Setting } from "./overhead/run.ts";

const project = fileURLToPath(new URL("..", import.meta.url));
const stop = new AbortController();

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) {
      console.log(HELP);
      return 0;
    }
    if (Deno.build.os !== "linux") throw new OptionError("this needs Linux: it reads /proc");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => stop.abort());
    }
    const folder = await Deno.makeTempDir({ prefix: "agentgate-overhead-" });
    try {
      return await bench(options, args, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  } catch (fault) {
    if (!(fault instanceof OptionError)) throw fault;
    console.error(fault.message);
    return 2;
  }
}

async function bench(options: Options, args: readonly string[], folder: string): Promise<number> {
  const pin = await pinTo(options.core);
  const programs = await buildPrograms(folder);
  const contestants = contestantsOf(options, programs, folder);
  const plan = options.quick ? QUICK : FULL;
  const { server, serverLanguage, whyNoC } = programs;
  const denoDir = await denoFolder();
  const setting = { folder, server, plan, pin: pin.words, denoDir, stop: stop.signal };
  const collector = await runAll(contestants, options.rounds, setting);
  if (stop.signal.aborted) return 130;
  const [base] = contestants;
  const results = collector.results(contestants, PAYLOADS, base!);
  const about: Circumstances = {
    agentgate: config.version,
    date: new Date().toISOString(),
    command: ["deno task bench:overhead", ...args.map(typed)].join(" "),
    machine: machineFacts(),
    pinned: pin.note,
    server: serverLanguage,
    base: base!.name,
    notes: [
      ...options.transports.includes(null)
        ? ["The transport is the one that AgentGate chose."]
        : [],
      ...whyNoC === null ? [] : [`No byte pump, and a slower server: ${withoutPaths(whyNoC)}.`],
      ...options.quick ? ["A quick run: its figures are worth little."] : [],
    ],
    rounds: options.rounds,
    plan,
  };
  await report(about, results, options);
  return results.some((result) => "failure" in result) ? 1 : 0;
}

/** Every contestant with every payload, as often as there are rounds; they take turns. */
async function runAll(
  contestants: ReturnType<typeof contestantsOf>,
  rounds: number,
  setting: Setting,
): Promise<Collector> {
  const collector = new Collector();
  for (let round = 1; round <= rounds; round++) {
    for (const payload of PAYLOADS) {
      for (const contestant of contestants) {
        if (stop.signal.aborted) return collector;
        if (collector.failed(contestant, payload)) continue;
        const what = `${round}/${rounds}  ${payload.name.padEnd(5)}  ${contestant.name.padEnd(32)}`;
        const outcome = await measure(contestant, payload, setting).catch((fault) => {
          if (fault instanceof RunError) return fault;
          throw fault;
        });
        collector.add(contestant, payload, outcome);
        console.error(
          outcome instanceof RunError
            ? [`${what}  FAILED: ${outcome.message}`, ...outcome.lastWords].join("\n    ")
            : `${what}  ${outcome.p50Us.toFixed(1).padStart(8)} µs`,
        );
      }
    }
  }
  return collector;
}

/** Prints the tables, and writes them where they are kept. */
async function report(
  about: Circumstances,
  results: readonly Result[],
  options: Options,
): Promise<void> {
  const markdown = await formatted("md", markdownOf(about, results));
  console.log(markdown);
  const folder = options.out ??
    (options.quick ? undefined : join(project, "bench", "results", config.version));
  if (folder === undefined) return;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "overhead.md"), markdown);
  const json = JSON.stringify({ ...about, payloads: PAYLOADS, results });
  await Deno.writeTextFile(join(folder, "overhead.json"), await formatted("json", json));
}

/** As `deno fmt --check` wants it. */
async function formatted(extension: string, text: string): Promise<string> {
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", extension, "-"],
    cwd: project,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = formatter.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  const { stdout } = await formatter.output();
  await written;
  return new TextDecoder().decode(stdout);
}

/** Where Deno keeps what it has fetched; the contestants have another HOME. */
async function denoFolder(): Promise<string> {
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return (JSON.parse(new TextDecoder().decode(info.stdout)) as { denoDir: string }).denoDir;
}

/** A word of the command line as it could be typed again, but for paths. */
function typed(word: string): string {
  const text = withoutPaths(word);
  return /^[\w.,:@%+=/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
