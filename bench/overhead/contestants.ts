/**
 * Who is measured.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Proof } from "./job.ts";
import type { Options } from "./options.ts";
import { type BenchPolicy, denyingRules, REDACT_RULES, redactingRules } from "./policies.ts";
import type { Programs } from "./programs.ts";

/** One who carries calls to the server. */
export interface Contestant {
  readonly name: string;
  /** The command up to the server's; `folder` is the run's own. Empty for the server alone. */
  readonly command: (folder: string) => readonly string[];
  readonly proof?: Proof;
  /** The audit database of a run, which must have a row for every call. */
  readonly database?: (folder: string) => string;
}

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

/**
 * All contestants, in the order in which they take turns. What the others are compared with comes
 * first.
 *
 * @param folder Takes the policy files.
 */
export function contestantsOf(options: Options, programs: Programs, folder: string): Contestant[] {
  const { pump } = programs;
  const others = options.gateways.map(({ name, command }) => ({ name, command: () => command }));
  return [
    ...pump === null ? [] : [{ name: "byte pump in C", command: () => pump }],
    { name: "server alone", command: () => [] },
    ...options.transports.flatMap((transport) => agentgates(transport, folder)),
    ...others,
  ];
}

function agentgates(transport: string | null, folder: string): Contestant[] {
  const policies: Record<string, BenchPolicy | undefined> = {
    "policy off": undefined,
    "10 rules": denyingRules(10),
    "100 rules": denyingRules(100),
    "redaction": redactingRules(),
  };
  return Object.entries(policies).map(([name, policy]) => {
    const file = join(folder, `${name.replace(" ", "_")}.toml`);
    if (policy !== undefined) Deno.writeTextFileSync(file, policy.text);
    const database = (folder: string) => join(folder, "logs.db");
    return {
      name: `AgentGate${transport === null ? "" : ` ${transport}`}, ${name}`,
      command: (folder) => [
        ...[Deno.execPath(), "run", "-A", "--quiet", MAIN, "wrap", "--db", database(folder)],
        ...policy === undefined ? [] : ["--policy", file],
        ...transport === null ? [] : ["--transport", transport],
        "--",
      ],
      database,
      ...policy === undefined ? {} : { proof: policy.proof },
    };
  });
}

/** What stands behind the names, for those who read the figures. */
export const POLICY_NOTE: string =
  "10 and 100 rules are `deny` rules with a pattern for an argument, spread over ten tools of which " +
  `one is called, so that 1 or 10 patterns are searched a call. Redaction is ${REDACT_RULES} rules ` +
  "for every tool that look for keys and tokens in arguments and results. No rule hits a measured " +
  "call; that each policy is in force is proved by one call before.";
