/**
 * Results of all runs, as they are kept and as a person reads them.
 *
 * @module
 */

import { cpus } from "node:os";
import config from "../../deno.json" with { type: "json" };
import { type Contestant, type Payload, PAYLOADS, type Plan } from "./cases.ts";
import type { Failure, Figures } from "./run.ts";

/** One contestant with one payload, and what the rounds came to. */
export interface Runs {
  readonly contestant: Contestant;
  readonly payload: Payload;
  readonly rounds: Figures[];
  failure?: Failure;
}

/** What was asked for, and what has to be known about it. */
type About = { command: string; pinned: string; notes: string[]; rounds: number; plan: Plan };

/** What is kept. */
export type Results = ReturnType<typeof resultsOf>;

/** Results, compared with the first contestant's; nothing in them names the machine. */
export function resultsOf(all: readonly Runs[], { command, pinned, ...others }: About) {
  const kernel = `Linux ${Deno.osRelease().split(".", 2).join(".")} ${Deno.build.arch}`;
  return {
    agentgate: config.version,
    date: new Date().toISOString(),
    command,
    machine: { cpu: cpus()[0]!.model, cores: cpus().length, kernel, deno: Deno.version.deno },
    pinned,
    server: "C",
    base: all[0]!.contestant.name,
    ...others,
    payloads: PAYLOADS,
    results: all.map((runs) => resultOf(runs, all.find((base) => base.payload === runs.payload)!)),
  };
}

/** Medians, and the ratio of p50 to that of `base` in the same round; or why there are none. */
function resultOf({ contestant, payload, rounds, failure }: Runs, base: Runs) {
  const names = { contestant: contestant.name, payload: payload.name };
  if (failure !== undefined) {
    const lastWords = failure.lastWords.map(withoutPaths);
    return { ...names, failure: withoutPaths(failure.failure), lastWords };
  }
  const ratios = rounds.map(({ p50Us }, i) => p50Us / (base.rounds[i]?.p50Us ?? NaN));
  const ratio = base.failure === undefined ? median(ratios) : null;
  return { ...names, medians: medians(rounds), ratio, rounds };
}

/** The text with the last word of each path in it: where files lie is nobody's business. */
export function withoutPaths(text: string): string {
  return text.replaceAll(/(?<![\w.:/@-])(?:file:\/\/|~)?(?:\/[\w.@+-]+)*\/(?=[\w.@+-])/g, "");
}

function medians(rounds: readonly Figures[]): Figures {
  const entries = Object.keys(rounds[0]!).map((key) => {
    const values = rounds.map((round) => round[key as keyof Figures]);
    return [key, values.includes(null) ? null : median(values as number[])];
  });
  return Object.fromEntries(entries);
}

/** The middle one; of an even number, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** Everything: how to read it, and a table for each payload. */
export function markdownOf(all: Results): string {
  const { command, machine, base, rounds, payloads } = all;
  const windows = payloads.map(({ name, window }) => `${window} of ${name}`).join(", ");
  return `# What AgentGate ${all.agentgate} adds to a call

Made by \`${command}\` on ${all.date.slice(0, 10)}, with Deno ${machine.deno} on ${machine.cores} ×
${machine.cpu}, ${machine.kernel}; ${all.pinned}. The server is an echo in ${all.server}.

**How to read it.** Machines differ and are noisy; what can be compared is the ratio of p50 (“×”) to
the ${base} in the same round. The server answers each call with its own argument, so that
request and result both carry the payload. Every figure is the median of
${rounds === 1 ? "one round" : `${rounds} rounds`}, in which the contestants take turns; each run is
a fresh process, and AgentGate writes its audit log to a fresh database, which is checked
afterwards: a row for every call, or the run has failed.

- **p50, p90, p99**: round trips of calls made one by one, after a warm-up.
- **calls/s**: answers with many calls in flight (${windows}).
- **CPU**: user and system time of the gateway, without the server's, for 1,000 calls made one by
  one, writing the audit log included.
- **memory**: resident memory of the gateway at its highest, all calls included.
- **first answer**: from the start of the process to the answer to the first call, after
  \`initialize\`.

10 and 100 rules are \`deny\` rules with a pattern for an argument, spread over ten tools of which one
is called, so that 1 or 10 patterns are searched a call; 1,000 are all for that one. Redaction is 6
rules for every tool that look for keys and tokens in arguments and results; all detectors is
\`detect = ["secrets"]\`. No rule hits a measured call; that each policy is in force is proved by one
call before.

${[...all.notes, ...payloads.map(({ name }) => sectionOf(name, all.results))].join("\n\n")}
`;
}

function sectionOf(payload: string, all: Results["results"]): string {
  const results = all.filter((result) => result.payload === payload);
  const failures = results.filter((result) => "failure" in result).map((result) => {
    const words = [result.failure, ...result.lastWords].join(" · ").replaceAll(/[`\s]+/g, " ");
    return `- **${result.contestant} failed**: \`${words}\``;
  });
  return `## ${payload}

| contestant | p50 µs | p90 µs | p99 µs | × pump | calls/s | CPU ms | memory MB | first answer ms |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${results.map(rowOf).join("\n")}

${failures.join("\n")}`;
}

function rowOf(result: Results["results"][number]): string {
  if ("failure" in result) return `| ${result.contestant} | FAILED | | | | | | | |`;
  const { contestant, medians, ratio } = result;
  const { p50Us, p90Us, p99Us, callsPerSecond, cpuMsOneByOne, memoryMb, firstAnswerMs } = medians;
  const latency = [p50Us, p90Us, p99Us].map(short), times = ratio?.toFixed(2) ?? "–";
  const others = [callsPerSecond, cpuMsOneByOne, memoryMb, firstAnswerMs].map(short);
  return `| ${[contestant, ...latency, times, ...others].join(" | ")} |`;
}

/** Three digits tell all that there is to know. */
function short(figure: number | null): string {
  if (figure === null) return "–";
  return figure >= 100 ? Math.round(figure).toLocaleString("en") : figure.toFixed(1);
}
