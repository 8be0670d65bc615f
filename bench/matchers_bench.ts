/**
 * What reading a value as what it is costs a call: ten rules, against one pattern over the same text.
 *
 * `deno bench -A bench/matchers_bench.ts`
 *
 * @module
 */

import { compileCondition } from "../src/expr/condition.ts";
import { matchersHere, withShell } from "../src/policy/matchers.ts";

const COMMAND =
  "cd /home/me/project && git fetch origin && git rebase origin/main && npm run build --silent 2>&1 " +
  "| tee build.log && for f in dist/*.js; do gzip -k \"$f\"; done; git commit -m 'never rm -rf a build' ";

const matchers = await withShell(matchersHere());

function rules(conditions: readonly string[]) {
  const compiled = conditions.map((source) => {
    const condition = compileCondition<{ readonly a: string }>(source, {
      roots: [{ path: ["a"], type: "json", read: (env) => env.a }],
      patterns: (pattern) => new RegExp(pattern),
      matchers,
    });
    if (!condition.ok) throw new Error(condition.errors[0]?.message);
    return condition.condition;
  });
  return (a: string) => compiled.map((condition) => condition.evaluate({ a }));
}

const ten = (condition: string) => rules(Array.from({ length: 10 }, () => condition));
const patterns = ten("a matches '(rm\\s+-rf|rm\\s+-fr)'");
const options = ten("shell(a).options in ['rm -r', 'rm -R', 'rm --recursive']");
const programs = ten("not shell(a).programs in ['git', 'npm', 'cd', 'tee', 'gzip']");
const hosts = ten("not url(a).host in ['api.github.com', 'registry.example']");

/** Another text each time, as calls have: what is kept of the last one is of no use. */
let calls = 0;
const other = (text: string) => `${text}${++calls}`;

Deno.bench({
  name: "ten patterns over a command of 200 characters",
  group: "matchers",
  baseline: true,
  fn: () => void patterns(other(COMMAND)),
});
Deno.bench({
  name: "ten rules with shell(…).options",
  group: "matchers",
  fn: () => void options(other(COMMAND)),
});
Deno.bench({
  name: "ten rules with shell(…).programs",
  group: "matchers",
  fn: () => void programs(other(COMMAND)),
});
Deno.bench({
  name: "ten rules with url(…).host",
  group: "matchers",
  fn: () => void hosts(other("https://api.github.com/repos/x/y/pulls?page=")),
});
