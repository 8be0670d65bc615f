/**
 * Names in rules that no tool of a server can have, and what was meant by them.
 *
 * @module
 */

/** What MCP lets tools be called (2025-11-25, tools, names), and what globs are made of. */
const POSSIBLE = /^[\w./*?[\]{},!^\\-]*$/;

/** Spellings of other programs, and what to write in their place. */
const SPELLINGS: readonly [RegExp, (found: RegExpExecArray) => string][] = [
  [
    /^mcp__(.+?)__(.+)$/,
    (found) => `is a client's own spelling; write tool = "${found[2]}" and server = "${found[1]}"`,
  ],
  [
    /^(\w+)\(([^|]*)\)$/,
    (found) =>
      `is a client's permission rule; write tool = "${found[1]}" and a condition, such as ` +
      "arguments.command like 'rm *'",
  ],
  [
    /^(?:re|regex|glob):|^\/.+\/$|^\^|\$$|\.[*+]|\\[dws]|[()|+]/,
    () =>
      "is a regular expression, and tools are named by globs (*, ?, [a-z], {a,b}); write one of these, " +
      "or a condition: tool.name matches '…'",
  ],
];

/** Why a rule's tool can match none, in a sentence without a full stop; undefined for one that can. */
export function whyNoTool(name: string): string | undefined {
  const quoted = JSON.stringify(name);
  for (const [spelling, hint] of SPELLINGS) {
    const found = spelling.exec(name);
    if (found !== null) return `${quoted} ${hint(found)}`;
  }
  if (POSSIBLE.test(name)) return undefined;
  return `${quoted} is no name that MCP has for tools (letters, digits, _ - . /): it may match none`;
}
