/**
 * A rule that is made from a call: chosen parts of it become TOML. It goes to the editor; nothing here
 * puts it in force.
 *
 * @module
 */

import { tomlString } from "./whole_call.ts";

/** How an argument is compared. */
export type Comparison = "equals" | "starts" | "contains" | "host";

/** One condition. */
export interface Condition {
  /** Members from `arguments` on: `["path"]`. */
  readonly path: readonly string[];
  readonly comparison: Comparison;
  readonly value: string | number | boolean;
}

/** What was chosen. */
export interface RuleDraft {
  readonly id: string;
  readonly tool: string;
  /** Null for any. */
  readonly server: string | null;
  readonly action: "deny" | "allow";
  readonly isShadow: boolean;
  readonly conditions: readonly Condition[];
  readonly message: string;
}

/** Conditions of a rule. */
export const MAX_CONDITIONS = 3;
/** Characters of a value that are proposed. */
const PROPOSED_CHARS = 200;

/** Proposes an id that no rule has. */
export function proposedId(tool: string, taken: readonly string[]): string {
  const base = `no-${tool.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}`;
  let id = base;
  for (let n = 2; taken.includes(id); n++) id = `${base}-${n}`;
  return id;
}

/** The ids of the rules of a policy's text. */
export function idsIn(policy: string): string[] {
  return [...policy.matchAll(/^\s*id\s*=\s*(["'])(.*?)\1/gm)].map(([, , id]) => id!);
}

/** The plain values among arguments, as conditions that could be made of them. */
export function proposedConditions(args: unknown, path: readonly string[] = []): Condition[] {
  if (typeof args === "string") {
    const value = args.slice(0, PROPOSED_CHARS).toWellFormed();
    return path.length === 0
      ? []
      : [{ path, comparison: args.length > 80 ? "starts" : "equals", value }];
  }
  if (typeof args === "number" && Math.abs(args) > Number.MAX_SAFE_INTEGER) return [];
  if (typeof args === "number" || typeof args === "boolean") {
    return path.length === 0 ? [] : [{ path, comparison: "equals", value: args }];
  }
  if (args === null || typeof args !== "object" || Array.isArray(args)) return [];
  return Object.entries(args).flatMap(([name, value]) =>
    proposedConditions(value, [...path, name])
  );
}

/** A condition in the policy's language. */
export function conditionText({ path, comparison, value }: Condition): string {
  const field = path.reduce((text, name) => text + member(name), "arguments");
  if (typeof value !== "string") return `${field} == ${value}`;
  switch (comparison) {
    case "equals":
      return `${field} == ${exprString(value)}`;
    case "starts":
      return `${field} starts_with ${exprString(value)}`;
    case "contains":
      return `${field} contains ${exprString(value)}`;
    case "host":
      return `${field} matches ${
        exprString(`(?i)^[a-z][a-z0-9+.-]*://([^/?#]*@)?${escaped(hostOf(value))}([:/?#]|$)`)
      }`;
  }
}

function member(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The host of an address as it is written there; the value itself when it is none. */
export function hostOf(value: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(value)?.[1] ?? value;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** A string of the condition language: single quotes take everything as it is, double ones as JSON. */
function exprString(text: string): string {
  return isPlain(text, "'") ? `'${text}'` : JSON.stringify(text);
}

/** A condition as a value of TOML, without doubling its backslashes where that can be. */
function conditionToml(text: string): string {
  const fence = "'''", mayBeLiteral = isPlain(text, fence) && !text.endsWith("'");
  return text.includes("\\") && mayBeLiteral ? fence + text + fence : tomlString(text);
}

/** Whether a text holds neither a mark nor a control character. */
function isPlain(text: string, mark: string): boolean {
  return !text.includes(mark) && !/[^ -\u{10ffff}]|\x7f/u.test(text);
}

/** The rule as TOML, with an empty line before it. */
export function ruleToml(rule: RuleDraft): string {
  const { id, tool, server, action, isShadow, conditions, message } = rule;
  return [
    "",
    "[[rules]]",
    `id = ${tomlString(id)}`,
    `tool = ${tomlString(globEscaped(tool))}`,
    ...server === null ? [] : [`server = ${tomlString(globEscaped(server))}`],
    `action = ${tomlString(action)}`,
    ...isShadow ? [`mode = "shadow"`] : [],
    ...conditions.length === 0
      ? []
      : [`condition = ${conditionToml(conditions.map(conditionText).join(" and "))}`],
    ...message === "" ? [] : [`message = ${tomlString(message)}`],
    "",
  ].join("\n");
}

/** A name as a glob that means it alone. */
export function globEscaped(name: string): string {
  return name.replaceAll(/[*?[\]{}]/g, "[$&]");
}

/** A rule whose id no other has: in the place of one that is taken, it has a number. */
export function withFreeId(rule: string, taken: readonly string[]): string {
  const [id] = idsIn(rule);
  if (id === undefined || !taken.includes(id)) return rule;
  let free = id;
  for (let n = 2; taken.includes(free); n++) free = `${id}-${n}`;
  return rule.replace(/^id = .*$/m, () => `id = ${tomlString(free)}`);
}

/** A policy with a rule at its end. */
export function withRule(policy: string, rule: string): string {
  return `${policy.replace(/\n*$/, "\n")}${rule}`;
}
