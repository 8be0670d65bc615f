import assert from "node:assert/strict";
import { splitWrap } from "../../src/cli/split_wrap.ts";

const CASES: readonly [words: string, ours: string, command: string | null][] = [
  ["wrap -- node s.mjs --db x", "wrap", "node s.mjs --db x"],
  ["wrap node s.mjs --db x", "wrap", "node s.mjs --db x"],
  ["wrap --name n node s.mjs", "wrap --name n", "node s.mjs"],
  ["wrap --name=n node --name m", "wrap --name=n", "node --name m"],
  ["wrap --name n -- node", "wrap --name n", "node"],
  ["wrap --name -- node", "wrap --name --", "node"],
  ["wrap --policy a --policy b uvx server", "wrap --policy a --policy b", "uvx server"],
  ["--db x wrap node", "--db x wrap", "node"],
  ["--db wrap wrap node", "--db wrap wrap", "node"],
  ["wrap npx -- server -- x", "wrap", "npx -- server -- x"],
  ["wrap -- -- x", "wrap", "-- x"],
  ["wrap - x", "wrap", "- x"],
  ["wrap --help", "wrap --help", null],
  ["wrap --nmae x node", "wrap --nmae", "x node"],
  ["wrap", "wrap", null],
  ["wrap --", "wrap", ""],
  ["wrap --db", "wrap --db", null],
  ["logs wrap", "logs wrap", null],
  ["logs --tool wrap -- x", "logs --tool wrap", "x"],
  ["", "", null],
];

for (const [words, ours, command] of CASES) {
  Deno.test(`splitWrap knows whose words are whose in [${words}]`, () => {
    const split = splitWrap(words === "" ? [] : words.split(" "));
    assert.equal(split.ours.join(" "), ours);
    assert.equal(split.command?.join(" ") ?? null, command);
  });
}
