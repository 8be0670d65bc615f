/**
 * Overhead of AgentGate on a call, next to the server alone, a byte pump and other gateways: latency,
 * throughput, CPU, memory and start. Needs Linux and a C compiler.
 *
 * `deno task bench:overhead [--quick]`; `--help` tells the rest. Results go to
 * `bench/results/VERSION`, everything else is left as it was. The exit code is 1 if anything failed.
 *
 * @module
 */

import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { agentGates, type Contestant, FULL, PAYLOADS, QUICK } from "./overhead/cases.ts";
import { markdownOf, resultsOf, type Runs, withoutPaths } from "./overhead/report.ts";
import { measure } from "./overhead/run.ts";
import { kill, treeOf } from "./processes.ts";
import { built } from "./programs.ts";
import { PROJECT } from "./wrapped.ts";

const HELP = `deno task bench:overhead [options]

Measures round trips of tools/call through AgentGate, next to the server alone and a byte pump.

  --rounds N          rounds, of which medians are taken (3; 1 of a quick run)
  --core N|none       the core that all processes run on (1, or 0 where there is only one)
  --transport NAME    AgentGate's transport: portable, native or both (what AgentGate chooses)
  --gateway NAME=...  another gateway: its command up to the server's, in words with "quotes" where
                      needed; may be given again. It runs in a temporary folder, which is its HOME
  --quick             a short run, to see that everything works; writes no results
  --out FOLDER        write results there (bench/results/VERSION)
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h" },
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    core: { type: "string", default: `${Math.min(1, cpus().length - 1)}` },
    transport: { type: "string" },
    gateway: { type: "string", multiple: true, default: [] as string[] },
    out: { type: "string" },
  },
});
if (values.help) {
  console.log(HELP);
  Deno.exit();
}
const { quick, core, transport } = values, plan = quick ? QUICK : FULL;
const transports = transport === "both" ? ["portable", "native"] : [transport];
const rounds = Number(values.rounds ?? (quick ? 1 : 3));
if (!(rounds >= 1)) throw new Error("--rounds is a number, at least 1");
const folder = Deno.makeTempDirSync({ prefix: "agentgate-overhead-" });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    kill(treeOf(Deno.pid).slice(1));
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  });
}
try {
  const pinned = pin(), all = await runAll();
  report(all, pinned);
  Deno.exitCode = all.some(({ failure }) => failure !== undefined) ? 1 : 0;
} finally {
  Deno.removeSync(folder, { recursive: true });
}
Deno.exit(); // Some timers are left.

/** Runs every contestant with every payload, as often as there are rounds; they take turns. */
async function runAll(): Promise<Runs[]> {
  const pump = built("overhead/pump.c", folder), server = built("overhead/echo.c", folder);
  const contestants: Contestant[] = [
    { name: "byte pump in C", command: [pump] },
    { name: "server alone", command: [] },
    ...transports.flatMap((transport) => agentGates(transport, folder)),
    ...values.gateway.map(readGateway),
  ];
  const all = PAYLOADS.flatMap((payload) =>
    contestants.map((contestant): Runs => ({ contestant, payload, rounds: [] }))
  );
  // Contestants have another HOME, but use what Deno has fetched.
  Deno.env.set("DENO_DIR", JSON.parse(output(Deno.execPath(), "info", "--json")).denoDir);
  for (let round = 1; round <= rounds; round++) {
    // What failed once would again, and take its time.
    for (const runs of all.filter(({ failure }) => failure === undefined)) {
      const { contestant, payload } = runs;
      const outcome = await measure(contestant, payload, { plan, server, folder });
      const what = `${round}/${rounds}  ${payload.name.padEnd(5)}  ${contestant.name.padEnd(32)}`;
      if ("failure" in outcome) {
        runs.failure = outcome;
        console.error([`${what}  FAILED: ${outcome.failure}`, ...outcome.lastWords].join("\n    "));
      } else {
        runs.rounds.push(outcome);
        console.error(`${what}  ${outcome.p50Us.toFixed(1).padStart(8)} µs`);
      }
    }
  }
  return all;
}

/** Prints the tables, and writes them where they are kept. */
function report(all: readonly Runs[], pinned: string): void {
  const words = Deno.args.map(withoutPaths).map((word) => /\s/.test(word) ? `'${word}'` : word);
  const notes: string[] = [];
  if (transport === undefined) notes.push("The transport is the one that AgentGate chose.");
  if (quick) notes.push("A quick run: its figures are worth little.");
  const command = ["deno task bench:overhead", ...words].join(" ");
  const results = resultsOf(all, { command, pinned, notes, rounds, plan });
  const kept = values.out ?? (quick ? folder : join(PROJECT, "bench/results", results.agentgate));
  const markdown = join(kept, "overhead.md"), json = join(kept, "overhead.json");
  Deno.mkdirSync(kept, { recursive: true });
  Deno.writeTextFileSync(markdown, markdownOf(results));
  Deno.writeTextFileSync(json, JSON.stringify(results));
  // As the gate wants files that are kept.
  output(Deno.execPath(), "fmt", "--quiet", "--config", join(PROJECT, "deno.json"), markdown, json);
  console.log(Deno.readTextFileSync(markdown));
}

/** Pins this process and all that it starts to one core; says so to those who read the figures. */
function pin(): string {
  if (core === "none") return "not pinned to a core, as asked for";
  output("taskset", "--all-tasks", "--cpu-list", "--pid", core, `${Deno.pid}`);
  return `all processes on one core, number ${core}`;
}

/** What a program prints. @throws with what it complains of. */
function output(program: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args }).outputSync();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Another gateway, as the command line names it. */
function readGateway(text: string): Contestant {
  const [, name, rest = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const words = [...rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
  const [program, ...others] = words.map((word) => word[1] ?? word[2] ?? word[3]!);
  if (name === undefined || program === undefined) {
    throw new Error(`--gateway is NAME=COMMAND UP TO THE SERVER'S, not '${text}'`);
  }
  // A path is meant from where the bench was started.
  const command = [program.includes("/") ? resolve(program) : program, ...others];
  return { name: name.trim(), command };
}
