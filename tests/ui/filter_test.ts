import assert from "node:assert/strict";
import { FILTER_WORDS as API_WORDS } from "../../src/web/invocation_pages.ts";
import {
  FILTER_WORDS,
  filterQuery,
  hasWord,
  passes,
  quoted,
  suggestions,
  toggled,
  tokensOf,
} from "../../ui/models/filter.ts";
import { shortCall } from "./call.ts";

const query = (line: string) => Object.fromEntries(filterQuery(line));

Deno.test("whatever is quoted is read as it was", () => {
  for (const value of ["a b\\", 'a "b"', "\n", "\\ \n", "a\\b", '"', "x y\\\\"]) {
    const [token, ...others] = tokensOf(`rule:${quoted(value)} tool:z`);
    assert.deepEqual([token!.name, token!.value, others.length], ["rule", value, 1], value);
  }
});

Deno.test("a filter line becomes words of a request; what is no word is text", () => {
  assert.deepEqual(query(`status:denied server:fs took:>200ms since:2h "rm -rf" now`), {
    ...{ status: "denied", server: "fs", took: ">200ms", since: "2h", text: "rm -rf now" },
  });
  assert.deepEqual(query(`tool:"my tool" http://x.example/a`), {
    tool: "my tool",
    text: "http://x.example/a",
  });
  assert.deepEqual(query(`"say \\"hi\\"" tool:`), { text: `say "hi"` });
  assert.deepEqual(query("   "), {});
  assert.deepEqual(query(`"never closed`), { text: "never closed" });
});

Deno.test("the page's words are the API's", () => {
  const known = API_WORDS.filter((word) => word !== "text");
  assert.deepEqual(Object.keys(FILTER_WORDS).sort(), [...known].sort());
});

Deno.test("toggled puts a word in, in the place of another, and takes it out", () => {
  assert.equal(toggled("", "status", "denied"), "status:denied");
  assert.equal(toggled(`status:error "a b"`, "status", "denied"), `"a b" status:denied`);
  assert.equal(toggled(`x status:denied`, "status", "denied"), "x");
  assert.equal(toggled("", "tool", "a b"), `tool:"a b"`);
  assert.ok(hasWord(`tool:"a b"`, "tool", "a b"));
});

Deno.test("passes judges what it can, and says so where it cannot", () => {
  const call = shortCall({ id: "a", status: "denied", outcome: "denied", policy_hit: "no-rm" });
  for (const line of ["", "status:denied", "rule:no-rm tool:read_file", "took:>1ms took:<1s"]) {
    assert.equal(passes(line, call), true, line);
  }
  for (const line of ["status:error", "tool:bash", "took:>1s", "status:denied server:x"]) {
    assert.equal(passes(line, call), false, line);
  }
  assert.equal(passes("text", call), null);
  assert.equal(passes("shadow:any status:denied", call), null);
  assert.equal(passes("text tool:bash", call), false);
  assert.equal(passes("status:open", shortCall({ id: "o", outcome: "open" })), true);
  assert.equal(
    passes("took:>1ms", shortCall({ id: "o", latency_us: null, latency_ms: null })),
    false,
  );
});

Deno.test("suggestions complete words and values where one types", () => {
  const known = { tool: ["bash", "read_file"], rule: ["no rm"] };
  const of = (line: string, caret = line.length) =>
    suggestions(line, caret, known).map(({ line }) => line);
  assert.deepEqual(of("sta"), ["status:"]);
  assert.deepEqual(of("status:den"), ["status:denied "]);
  assert.deepEqual(of("tool:ba x", 7), ["tool:bash  x"]);
  assert.deepEqual(of("rule:"), [`rule:"no rm" `]);
  assert.deepEqual(of("nothing:"), []);
  assert.ok(of("").includes("tool:"));
});
