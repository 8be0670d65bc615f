import assert from "node:assert/strict";
import {
  isMaskedText,
  markMasked,
  policyText,
  sourcesOf,
  withoutTests,
} from "../../src/policy/policy_text.ts";
import { rule } from "./harness.ts";

const DENY = rule("no-x", { action: "deny", tool: "x" });

Deno.test("withoutTests leaves out tests, and every other byte on its line", () => {
  const kept = '# tests\n[[rules]]\nid = "tests"\nmessage = """\n[[tests]]\n"""\n';
  const tests = '[[tests]]\nname = "a"\narguments = { x = [\n  "[[rules]]", # ]\n] }\n\n';
  const steps = '[[tests.steps]]\ntool = "x"\n[tests."z"]\n[[ "tests" ]]\n';
  for (
    const [text, left] of [
      [kept, kept],
      [kept + tests + steps, kept],
      // What stands behind a test is taken for a part of it, up to the next table.
      [`${tests}# of b\n${DENY}`, `\n\n\n\n\n\n\n${DENY}`],
      [kept + tests + DENY, `${kept}\n\n\n\n\n\n${DENY}`],
      [`tests = [{ name = "a" },\n{ name = "b" }]\n${kept}`, `\n\n${kept}`],
      [`[lists]\ntests = ["a"]\n`, `[lists]\ntests = ["a"]\n`],
      ['[[tests]]\r\nname = "a"\r\n[lists]\r\n', "\n\n[lists]\r\n"],
      [`[testsuite]\na = 1`, `[testsuite]\na = 1`],
      ["[[tests]]\nname = 'a'", ""],
    ] as const
  ) assert.equal(withoutTests(text), left);
});

Deno.test("policyText keeps files and packs, and sourcesOf gives them back", () => {
  const source = (prefix: string, file: string, text = DENY) => ({ file, prefix, text });
  const text = policyText([
    source("", "/home/me/main.toml", `extends = ["./a.toml"]\n[[tests]]\nname = "t"\n`),
    source("a/", '/home/me/a "b".toml', "# no line end"),
    source("a/c/", "builtin:c"),
    source("b/", "/home/me/b.toml"),
    source("", "/home/me/more.toml"),
  ]);
  assert.ok(
    text.startsWith('#\u001e {"file":"/home/me/main.toml"}\nextends = ["./a.toml"]\n#\u001e'),
  );
  const pack = (prefix: string, file: string, packs: unknown[] = [], text = DENY) => ({
    ...source(prefix, file, text),
    packs,
  });
  assert.deepEqual(sourcesOf(text, "name"), [
    pack("", "/home/me/main.toml", [
      pack("a/", '/home/me/a "b".toml', [pack("a/c/", "builtin:c")], "# no line end\n"),
      pack("b/", "/home/me/b.toml"),
    ], 'extends = ["./a.toml"]\n'),
    pack("", "/home/me/more.toml"),
  ]);
  assert.ok(!isMaskedText(text) && isMaskedText(markMasked(text)));
  assert.deepEqual(sourcesOf(markMasked(text), "name"), sourcesOf(text, "name"));
});

Deno.test("sourcesOf reads texts that name no files", () => {
  assert.deepEqual(sourcesOf(DENY, "mine"), [{ file: "mine", text: DENY }]);
  assert.deepEqual(sourcesOf(`${DENY}#\u001e\n# more\n`, "mine"), [
    { file: "mine, file 1", text: DENY },
    { file: "mine, file 2", text: "# more\n" },
  ]);
  assert.deepEqual(sourcesOf(markMasked(""), "mine"), [{ file: "mine", text: "" }]);
  assert.throws(() => sourcesOf("#\u001e [REDACTED]\n", "mine"), SyntaxError);
});
