/**
 * The results as a person reads them.
 *
 * @module
 */

import { POLICY_NOTE } from "./contestants.ts";
import type { Figures } from "./figures.ts";
import { type Payload, PAYLOADS } from "./payloads.ts";
import type { Circumstances, Result } from "./results.ts";

/** Everything: how to read it, and a table for each payload. */
export function markdownOf(about: Circumstances, results: readonly Result[]): string {
  const tables = PAYLOADS.map((payload) =>
    tableOf(payload, about.base, results.filter((result) => result.payload === payload.name))
  );
  return `# What AgentGate ${about.agentgate} adds to a call\n\n${introduction(about)}\n\n${
    tables.join("\n\n")
  }\n`;
}

function introduction(about: Circumstances): string {
  const { machine } = about;
  return `Made by \`${about.command}\` on ${
    about.date.slice(0, 10)
  }, with Deno ${machine.deno} on ${machine.cores} × ${machine.cpu}, ${machine.kernel}; ${about.pinned}. The server is an echo in ${about.server}.

**How to read it.** Machines differ and are noisy; what can be compared is the ratio of p50 (“×”) to
the ${about.base} in the same round. The server answers each call with its own argument, so that
request and result both carry the payload. Every figure is the median of ${
    plural(about.rounds, "round")
  }, in which the contestants take turns; each run is a fresh process, and AgentGate writes its audit
log to a fresh database, which is checked afterwards: a row for every call, or the run has failed.

- **p50, p90, p99**: round trips of calls made one by one, after a warm-up.
- **calls/s**: answers with many calls in flight (${
    PAYLOADS.map(({ name, window }) => `${window} of ${name}`).join(", ")
  }).
- **CPU**: user and system time of the gateway, without the server's, for 1,000 calls made one by
  one, writing the audit log included.
- **memory**: resident memory of the gateway at its highest, all calls included.
- **first answer**: from the start of the process to the answer to the first call, after
  \`initialize\`.

${[POLICY_NOTE, ...about.notes].join("\n\n")}`;
}

function tableOf(payload: Payload, base: string, results: readonly Result[]): string {
  const unit = base === "server alone" ? "× server" : "× pump";
  const head =
    `| contestant | p50 µs | p90 µs | p99 µs | ${unit} | calls/s | CPU ms | memory MB | first answer ms |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |`;
  const rows = results.map((result) =>
    "failure" in result
      ? `| ${result.contestant} | FAILED | | | | | | | |`
      : `| ${[result.contestant, ...cells(result.medians, result.ratio)].join(" | ")} |`
  );
  const failures = results.flatMap((result) =>
    "failure" in result
      ? `- **${result.contestant} failed**: ${
        [result.failure, ...result.lastWords].map(quoted).join(" ")
      }`
      : []
  );
  return [`## ${payload.name}`, [head, ...rows].join("\n"), failures.join("\n")]
    .filter((part) => part !== "").join("\n\n");
}

function cells(figures: Figures, ratio: number | null): string[] {
  const { p50Us, p90Us, p99Us, callsPerSecond, cpuMsOneByOne, memoryMb, firstAnswerMs } = figures;
  return [
    ...[p50Us, p90Us, p99Us].map(figure),
    ratio === null ? "–" : ratio.toFixed(2),
    ...[callsPerSecond, cpuMsOneByOne, memoryMb, firstAnswerMs].map(figure),
  ];
}

/** Three digits tell all that there is to know. */
function figure(value: number | null): string {
  if (value === null) return "–";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

/** As code, whatever is in it. */
function quoted(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll(/\s+/g, " ")}\``;
}

function plural(count: number, word: string): string {
  return count === 1 ? `one ${word}` : `${count} ${word}s`;
}
