/**
 * A policy of least privilege, learned from calls that were let through and went well.
 *
 * The same log gives the same text, byte for byte. Nothing is put in force.
 *
 * @module
 */

import { loadPatterns } from "../../patterns/pattern.ts";
import { matchersAt, placesHere, withShell } from "../../policy/matchers.ts";
import { factsOf, type RecordedRow } from "../replay/recorded_call.ts";
import { RecordedEnv } from "../replay/recorded_env.ts";
import type { Surroundings } from "./argument.ts";
import { learnedCall, ledBy, SecretFinder } from "./calls.ts";
import { policyToml } from "./policy_toml.ts";
import { order, SeenTool } from "./tool.ts";
import { ToolRule } from "./tool_rule.ts";

/** The log, as far as it is learned from. */
export interface LearnLog {
  /** The calls, the same each time. */
  rows(): Iterable<RecordedRow>;
  /** Names of the arguments that a server has listed for a tool; none when nobody knows. */
  listedArguments(server: string, tool: string): readonly string[];
  /** Homes of the servers, as far as they are known. */
  homes(): readonly (string | undefined)[];
  /** Asked before each piece of work: a promise is waited for, so that others can be served meanwhile. */
  pause?(): Promise<void> | undefined;
}

/** How a policy is learned. */
export interface LearnOptions {
  readonly name: string;
  /** Calls that a tool has at least; it is left out otherwise. */
  readonly minCalls: number;
  /** Calls of each tool that become tests. */
  readonly tests: number;
  /** Folders, absolute, above which no rule allows a path. */
  readonly roots: readonly string[];
}

/** Tools that are told apart; calls of more teach nothing. */
const MAX_TOOLS = 1000;

/** Learns it; gives the text of the file. */
export async function learn(log: LearnLog, options: LearnOptions): Promise<string> {
  using secrets = await SecretFinder.load();
  using patterns = await loadPatterns();
  const places = placesHere();
  let led = (path: string) => path;
  const resolving = { resolvesPaths: true, resolved: (path: string) => led(path) };
  const matchers = await withShell(matchersAt(places, resolving));
  // What is elsewhere for some of them is not called `~`.
  const home = log.homes().every((one) => one === places.home) ? places.home : undefined;
  const { roots } = options;
  const { tools, untaught } = await seenIn(log, options, secrets, { matchers, home, roots });
  const left = tools.flatMap((tool) => {
    const why = whyLeft(tool, options);
    return why === null ? [] : [{ tool, why }];
  });
  const isLeft = new Set(left.map(({ tool }) => tool));
  const rules: ToolRule[] = [];
  for (const tool of tools) {
    if (isLeft.has(tool)) continue;
    const waits = log.pause?.();
    if (waits !== undefined) await waits;
    const listed = log.listedArguments(tool.server, tool.name);
    rules.push(new ToolRule(tool, listed, { patterns, matchers }));
  }
  // A condition that does not hold for a call that it was learned from is wrong, whatever the reason.
  const byTool = new Map(rules.map((rule) => [keyOf(rule.tool.server, rule.tool.name), rule]));
  for (const row of log.rows()) {
    const waits = log.pause?.();
    if (waits !== undefined) await waits;
    const rule = byTool.get(keyOf(row.server_name, row.tool_name));
    if (rule === undefined || !isObject(learnedCall(row, secrets))) continue;
    const facts = factsOf(row);
    led = ledBy(facts);
    rule.keepWhatHolds(new RecordedEnv(row, facts, () => {}, () => undefined));
  }
  led = ledBy({});
  const hasServers = new Set(tools.map(({ server }) => server)).size > 1;
  return policyToml({ name: options.name, rules, left, untaught, hasServers });
}

/** What was seen of each tool, by server and name; and why calls teach nothing. */
async function seenIn(
  log: LearnLog,
  { tests }: LearnOptions,
  secrets: SecretFinder,
  surroundings: Surroundings,
): Promise<
  { readonly tools: readonly SeenTool[]; readonly untaught: ReadonlyMap<string, number> }
> {
  const tools = new Map<string, SeenTool>(), untaught = new Map<string, number>();
  const pass = (why: string) => void untaught.set(why, (untaught.get(why) ?? 0) + 1);
  for (const row of log.rows()) {
    const waits = log.pause?.();
    if (waits !== undefined) await waits;
    const learned = learnedCall(row, secrets);
    if (learned === null) continue;
    if (typeof learned === "string") {
      pass(learned);
      continue;
    }
    const key = keyOf(row.server_name, row.tool_name);
    let tool = tools.get(key);
    if (tool === undefined) {
      if (tools.size >= MAX_TOOLS) {
        pass(`of more than ${MAX_TOOLS} tools`);
        continue;
      }
      tools.set(key, tool = new SeenTool(row.server_name, row.tool_name, surroundings, tests));
    }
    tool.hasSecrets ||= learned.hasSecrets;
    tool.add(learned.call);
  }
  const sorted = [...tools].sort(([a], [b]) => order(a, b)).map(([, tool]) => tool);
  return { tools: sorted, untaught };
}

/** Why there is no rule for a tool; null where there is one. */
function whyLeft(
  { calls, ids, name, server }: SeenTool,
  { minCalls }: LearnOptions,
): string | null {
  const isNamed = (name: string) => name !== "" && name.trim() === name;
  if (!isNamed(name) || !isNamed(server)) return "not learned: no rule can name it";
  if (calls >= minCalls) return null;
  return `not learned: ${calls} of ${minCalls} calls that it takes (${ids.join(", ")})`;
}

function keyOf(server: string, tool: string): string {
  return `${server}\0${tool}`;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
