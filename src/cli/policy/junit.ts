/**
 * JUnit's XML, which CI systems read: https://github.com/testmoapp/junitxml.
 *
 * @module
 */

import type { Suite } from "./suites.ts";

/** Writes the report; a policy that does not load is a suite with one case that ended with an error. */
export function junitReport(suites: readonly Suite[]): string {
  return junitText(
    "agentgate policy test",
    suites.map((suite) => ({ name: suite.name, cases: casesOf(suite) })),
  );
}

/** Writes suites of cases. */
export function junitText(
  title: string,
  suites: readonly { readonly name: string; readonly cases: readonly Case[] }[],
): string {
  const lines = suites.map(({ name, cases: own }) => {
    return `  <testsuite ${attributes({ name, ...countsOf(own) })}>\n` +
      own.map(caseLine).join("") + "  </testsuite>\n";
  });
  const totals = attributes({ name: title, ...countsOf(suites.flatMap(({ cases }) => cases)) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<testsuites ${totals}>\n${lines.join("")}</testsuites>\n`;
}

/** A case of a suite. */
export interface Case {
  readonly name: string;
  readonly classname: string;
  readonly timeMs: number;
  readonly fault: { readonly kind: "failure" | "error"; readonly text: string } | null;
}

function casesOf({ name, problem, tests }: Suite): Case[] {
  if (problem !== null) {
    const fault = { kind: "error", text: problem } as const;
    return [{ name: "the policy loads", classname: name, timeMs: 0, fault }];
  }
  return tests.map((test) => ({
    name: test.name,
    classname: name,
    timeMs: test.durationMs,
    fault: test.passed ? null : { kind: "failure", text: test.failures.join("\n") },
  }));
}

function countsOf(cases: readonly Case[]): Readonly<Record<string, string>> {
  const count = (kind: string) => String(cases.filter(({ fault }) => fault?.kind === kind).length);
  return {
    tests: String(cases.length),
    failures: count("failure"),
    errors: count("error"),
    time: seconds(cases.reduce((sum, { timeMs }) => sum + timeMs, 0)),
  };
}

function caseLine({ name, classname, timeMs, fault }: Case): string {
  const head = `    <testcase ${attributes({ name, classname, time: seconds(timeMs) })}`;
  if (fault === null) return `${head}/>\n`;
  const [message = ""] = fault.text.split("\n");
  return `${head}>\n      <${fault.kind} ${attributes({ message })}>${escaped(fault.text)}</` +
    `${fault.kind}>\n    </testcase>\n`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(6);

const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values).map(([key, value]) => `${key}="${escaped(value)}"`).join(" ");

/** Characters that XML 1.0 cannot have at all, not even escaped (§2.2). */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = Object.freeze({
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // A parser makes spaces of these in attributes.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
});

const escaped = (text: string): string =>
  text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>"\t\n\r]/g, (c) => ENTITIES[c]!);
