/**
 * What was learned, as a policy file.
 *
 * @module
 */

import { visible } from "../../visible.ts";
import { quoted, tomlLines } from "./literal.ts";
import type { Argument } from "./argument.ts";
import { type LearnedTest, testsOf } from "./rule_tests.ts";
import { order, type SeenTool } from "./tool.ts";
import type { ToolRule } from "./tool_rule.ts";

/** A file that was learned. */
export interface LearnedFile {
  readonly name: string;
  readonly rules: readonly ToolRule[];
  /** Tools that there is no rule for, and why. */
  readonly left: readonly { readonly tool: SeenTool; readonly why: string }[];
  /** Calls that teach nothing, by the reason. */
  readonly untaught: ReadonlyMap<string, number>;
  /** Whether calls to several servers were seen. */
  readonly hasServers: boolean;
}

/** The text of the file. */
export function policyToml(file: LearnedFile): string {
  const ids = idsOf(file.rules);
  const secrets = file.rules.filter(({ tool }) => tool.hasSecrets);
  const paragraphs: string[][] = [
    header(file),
    ["[metadata]", `name = ${quoted(file.name)}`, 'version = "1.0"', 'default = "deny"'],
    secrets.length === 0 ? [] : secretsRule(secrets),
    ...file.rules.map((rule) => ruleLines(rule, keysOf(rule, file, globOf), ids.get(rule)!)),
    ...file.rules.flatMap((rule) => {
      const keys = keysOf(rule, file, String), id = ids.get(rule)!;
      return testsOf(rule).map((test) => testLines(test, keys, id));
    }),
    file.left.map(({ tool, why }) => comment(`${nameOf(tool, file)}: ${why}`)),
  ];
  const texts = paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}

function header({ rules, untaught }: LearnedFile): string[] {
  const calls = rules.reduce((sum, { tool }) => sum + tool.calls, 0);
  const seen = rules.length === 0
    ? "There was nothing to learn from."
    : `Learned from ${counted(calls, "call")} of ${counted(rules.length, "tool")} that were let ` +
      "through and went well.";
  return [
    seen,
    "Nothing of this is in force until a gateway is given this file. Read it first: what it does not",
    "allow is refused, and rules of the policy that was in force are not in it.",
    ...[...untaught].sort(([a], [b]) => order(a, b)).map(([why, count]) =>
      `Not learned from: ${counted(count, "call")}, ${why}.`
    ),
  ].map(comment);
}

function secretsRule(rules: readonly ToolRule[]): string[] {
  const tools = [...new Set(rules.map(({ tool }) => quoted(globOf(tool.name))))];
  return [
    ...["# Secrets were seen in calls of these tools.", "[[rules]]", 'id = "learned-secrets"'],
    ...[`tool = [${tools.join(", ")}]`, 'action = "redact"', 'detect = ["secrets"]'],
  ];
}

function ruleLines({ tool, clauses }: ToolRule, keys: readonly string[], id: string): string[] {
  const { calls, sessions, ids } = tool;
  const condition = clauses.map(({ text }) => text);
  return [
    ...["[[rules]]", `id = ${quoted(id)}`, ...keys, 'action = "allow"'],
    comment(
      `${counted(calls, "call")}, ${counted(sessions, "session")}, ${daysOf(tool)} (${
        ids.join(", ")
      })`,
    ),
    ...tool.arguments.map((argument) => {
      const { place, present } = argument, words = argument.words(calls);
      const name = place.replace(/^arguments\.?/, "");
      return comment(`${name}: ${present} of ${calls}, ${words}${evidence(argument, tool)}`);
    }),
    ...clauses.filter(({ argument }) => argument === undefined)
      .map(({ path }) => comment(`${path.join(".")}: never given`)),
    ...tool.hasMore ? [comment("more arguments: too many, not learned")] : [],
    ...condition.length === 0 ? [] : [`condition = ${tomlLines(condition.join("\nand "))}`],
  ];
}

function testLines(test: LearnedTest, keys: readonly string[], id: string): string[] {
  return [
    ...["[[tests]]", `name = ${quoted(`${id}: ${test.name}`)}`, ...keys],
    ...[`arguments = ${test.arguments}`, `expect = "${test.expect}"`],
    `rule = ${quoted(test.expect === "allow" ? id : "default")}`,
  ];
}

/** What says which tool is meant: a rule has globs, a test has the names. */
function keysOf(
  { tool: { server, name } }: ToolRule,
  { hasServers }: LearnedFile,
  spelled: (name: string) => string,
): string[] {
  const tool = `tool = ${quoted(spelled(name))}`;
  return hasServers ? [`server = ${quoted(spelled(server))}`, tool] : [tool];
}

/** The pattern that means a name itself. */
function globOf(name: string): string {
  return name.replace(/[*?[\]{}\\]/g, "\\$&");
}

/** The ids of the rules: with the server's name only where two of them have such a tool. */
function idsOf(rules: readonly ToolRule[]): ReadonlyMap<ToolRule, string> {
  const ids = new Map<ToolRule, string>(), taken = new Set(["learned-secrets"]);
  for (const rule of rules) {
    const { server, name } = rule.tool;
    const isShared = rules.some(({ tool }) => tool !== rule.tool && tool.name === name);
    const wanted = isShared ? `learned-${server}-${name}` : `learned-${name}`;
    let id = wanted;
    for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
    taken.add(id);
    ids.set(rule, id);
  }
  return ids;
}

function nameOf({ server, name }: SeenTool, { hasServers }: LearnedFile): string {
  return hasServers ? `${name} of ${server}` : name;
}

function comment(text: string): string {
  return `# ${visible(text)}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** The days of its calls, in UTC. */
function daysOf({ first, last }: SeenTool): string {
  return [...new Set([first.slice(0, 10), last.slice(0, 10)])].join(" … ");
}

/** The calls that an argument was seen in, where they are not those of the tool. */
function evidence({ ids }: Argument, tool: SeenTool): string {
  return ids.join() === tool.ids.join() ? "" : ` (${ids.join(", ")})`;
}
