/**
 * Cases of the benchmark, as data: what is sent, for how long, and who carries it.
 *
 * @module
 */

import { join } from "node:path";
import { agentGate } from "../wrapped.ts";

/** Bytes of the message in each request and each answer, and how many are in flight together. */
export const PAYLOADS = [
  { name: "50 B", bytes: 50, window: 64 },
  { name: "1 KB", bytes: 1000, window: 64 },
  { name: "50 KB", bytes: 50_000, window: 64 },
  { name: "1 MB", bytes: 1_000_000, window: 4 },
] as const;

export type Payload = typeof PAYLOADS[number];

/** A phase ends with so many calls or after so long, whichever comes first. */
export type Phase = Readonly<Record<"calls" | "ms", number>> & {
  /** Milliseconds between an answer and the next call, of calls made one by one. */
  readonly pauseMs?: number;
};

/** Phases of a run. */
export type Plan = Readonly<Record<"warmUp" | "oneByOne" | "inFlight", Phase>>;

/** Plans for figures to keep, and to see that everything works. */
export const FULL: Plan = {
  warmUp: { calls: 5000, ms: 1000 },
  oneByOne: { calls: 20_000, ms: 2000 },
  inFlight: { calls: 200_000, ms: 1500 },
};
export const QUICK: Plan = {
  warmUp: { calls: 200, ms: 200 },
  oneByOne: { calls: 300, ms: 200 },
  inFlight: { calls: 300, ms: 200 },
};

/** One who carries calls to the server. */
export interface Contestant {
  readonly name: string;
  /** The command up to the server's, run in a folder of its own. Empty for the server alone. */
  readonly command: readonly string[];
  /** The audit database in that folder, which must have a row for every call. */
  readonly database?: string;
  /** A call that shows that the policy is in force, and what its answer has instead. */
  readonly proof?: { readonly message: string; readonly answer: string } | undefined;
}

const SECRET = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

/** Policies that only look at the calls that are measured, each with a call that it touches. */
const POLICIES: Readonly<Record<string, Pick<Contestant, "proof"> & { rules: string[] }>> = {
  "policy off": { rules: [] },
  "10 rules": denying(10),
  "100 rules": denying(100),
  "1,000 rules": denying(1000, 1),
  "redaction": {
    rules: [
      redacting("aws-key", "\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b"),
      redacting("github-token", "gh[pousr]_[A-Za-z0-9]{36}"),
      redacting("api-key", "sk-[A-Za-z0-9_-]{20,}"),
      redacting("slack-token", "xox[abprs]-[A-Za-z0-9-]{10,}"),
      redacting("jwt", "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}"),
      redacting("private-key", "-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ],
    proof: { message: SECRET, answer: "[REDACTED]" },
  },
  "all detectors": {
    rules: ['[[rules]]\nid = "s"\ntool = "*"\naction = "redact"\ndetect = ["secrets"]\n'],
    proof: { message: SECRET, answer: "[REDACTED" },
  },
};

/** AgentGate with each policy. @param folder Takes the policy files. */
export function agentGates(transport: string | undefined, folder: string): Contestant[] {
  return Object.entries(POLICIES).map(([name, { rules, proof }]) => {
    const policy = join(folder, `${name.replace(/\W/g, "_")}.toml`), database = "logs.db";
    Deno.writeTextFileSync(policy, rules.join("\n"));
    const command = [...agentGate(), "wrap", "--dashboard-port", "0"];
    command.push("--db", database, ...proof === undefined ? [] : ["--policy", policy]);
    if (transport !== undefined) command.push("--transport", transport);
    command.push("--");
    const gateway = transport === undefined ? "AgentGate" : `AgentGate ${transport}`;
    return { name: `${gateway}, ${name}`, command, database, proof };
  });
}

/** Rules that are spread over some tools, as if the server had as many. */
function denying(count: number, tools = 10) {
  const rules = Array.from({ length: count }, (_, i) =>
    `[[rules]]
id = "rule-${i}"
tool = "${i % tools === tools - 1 ? "echo" : `tool_${i % tools}`}"
action = "deny"
condition = "arguments.message matches 'forbidden-${i}\\\\s+-[rf]+'"
`);
  return { rules, proof: { message: `forbidden-${count - 1} -rf`, answer: '"error"' } };
}

function redacting(id: string, pattern: string): string {
  return `[[rules]]\nid = "${id}"\ntool = "*"\naction = "redact"\npattern = '${pattern}'\n`;
}
