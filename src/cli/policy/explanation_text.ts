/**
 * Explanations for a person.
 *
 * @module
 */

import type { RulePlace } from "../../policy/rule_places.ts";
import type { Explanation, RuleReport, SimulationExplanation } from "../../simulate/simulation.ts";
import { visible } from "../../visible.ts";

/** An explanation, and where the rules stand. */
export type PlacedExplanation = SimulationExplanation & {
  readonly places: Readonly<Record<string, RulePlace>>;
};

/**
 * Writes every rule in order, down to the values that its condition saw; then the decision.
 *
 * @param head Lines that stand behind that of the call.
 */
export function explanationText(
  explanation: PlacedExplanation,
  head: readonly string[] = [],
): string {
  const { call, rules, decision } = explanation;
  const lines = [
    callLine(call),
    ...head,
    "",
    ...rules.flatMap(ruleLines),
    ...(rules.length === 0 ? ["no rules"] : []),
    "",
    `decision:  ${decision.action} by ${deciderOf(explanation)}`,
  ];
  if (decision.message !== null) lines.push(`message:   ${decision.message}`);
  if (decision.shadow.length > 0) lines.push(`shadow:    ${decision.shadow.join(", ")}`);
  if (decision.action === "allow") {
    const sent = explanation.arguments === null ? "none" : JSON.stringify(explanation.arguments);
    lines.push(`arguments: ${sent}`);
  }
  return `${lines.map(visible).join("\n")}\n`;
}

function deciderOf({ decision: { rule }, places }: PlacedExplanation): string {
  if (rule === null) return "the default: no rule decided";
  const place = places[rule];
  return place === undefined ? rule : `${rule} (${place.file}:${place.line})`;
}

function callLine(
  { method, tool, server, agent, time, timezone, local }: SimulationExplanation["call"],
): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const clock = `weekday ${local.weekday}, ${local.date} ${two(local.hour)}:${two(local.minute)}`;
  const who = agent === null ? "" : ` from ${agent}`;
  return `${
    tool === "" ? `request ${method}` : `call of ${tool}`
  } on ${server}${who} at ${time} (${timezone}: ${clock})`;
}

function ruleLines(report: RuleReport, index: number): string[] {
  const { id, action, mode, matched, effect, condition } = report;
  const kind = mode === "shadow" ? `${action}, shadow` : action;
  const answer = { yes: "matches", no: "does not match" }[matched as string] ?? matched;
  const head = `${index + 1}. ${id} (${kind}): ${answer}${effect === "" ? "" : `, ${effect}`}`;
  if (condition === null) return [head];
  return [head, ...partlyNote(report), ...unknownNote(report), ...conditionLines(condition, 1)];
}

/** Says why a condition that is partly true counts, or does not. */
function partlyNote({ action, condition }: RuleReport): string[] {
  if (condition?.result !== "partly") return [];
  return [
    action === "allow"
      ? "     (partly is not enough for an allow rule)"
      : `     (partly is enough for a ${action} rule)`,
  ];
}

/** Says what a condition has read that nobody knows: its parts show what is left of it. */
function unknownNote({ unknown = [] }: RuleReport): string[] {
  return unknown.length === 0 ? [] : [`     (not certain: ${unknown.join("; ")})`];
}

function conditionLines(part: Explanation, depth: number): string[] {
  const indent = "  ".repeat(depth);
  const seen = (part.values ?? []).map(({ text, value }) =>
    `${indent}           ${text} ${value === undefined ? "is missing" : `is ${value}`}`
  );
  const joined = part.children === undefined ? part.text : joinerOf(part);
  return [
    `${indent} ${part.result.padEnd(6)}  ${joined}`,
    ...seen,
    ...(part.children ?? []).flatMap((child) => conditionLines(child, depth + 1)),
  ];
}

/** `and`, `or` and `not` as they are called: their parts follow below. */
function joinerOf({ text, children = [] }: Explanation): string {
  if (children.length === 1) return "not";
  const between = text.slice(text.indexOf(children[0]!.text) + children[0]!.text.length);
  return /^\)* or /.test(between) ? "any of" : "all of";
}
