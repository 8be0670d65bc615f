import assert from "node:assert/strict";
import fc from "fast-check";
import { plainWrap } from "../../src/cli/plain_wrap.ts";
import { buildProgram } from "../../src/cli/program.ts";

/** What the parser makes of the same words; undefined when it refuses them. */
function parsed(words: readonly string[]): unknown {
  let options: unknown;
  const program = buildProgram({ serverCommand: ["cat"], finish: () => {} });
  const wrap = program.commands.find((command) => command.name() === "wrap")!;
  wrap.action((_options, command) => options = command.optsWithGlobals());
  for (const command of [program, wrap]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  }
  try {
    program.parse(words, { from: "user" });
  } catch {
    return undefined;
  }
  return options;
}

const word = fc.constantFrom(
  ...[
    "--config",
    "--db",
    "--name",
    "--policy",
    "--transport",
    "--help",
    "-h",
    "--nmae",
    "--name=x",
  ],
  ...["wrap", "logs", "a.toml", "b c", "", "-", "--", "native", "__proto__", "constructor"],
);

Deno.test("plainWrap reads what it reads as the parser does", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 7 }), (words) => {
      const plain = plainWrap(["wrap", ...words]);
      if (plain !== null) assert.deepEqual({ ...plain }, parsed(["wrap", ...words]));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("plainWrap knows every option of wrap that takes a value", () => {
  const program = buildProgram({ serverCommand: ["cat"], finish: () => {} });
  const wrap = program.commands.find((command) => command.name() === "wrap")!;
  const options = [...program.options, ...wrap.options].filter((option) => option.required);
  for (const { long } of options) assert.notEqual(plainWrap(["wrap", long!, "x"]), null, long);
  assert.deepEqual(plainWrap(["wrap"]), {});
  assert.deepEqual(plainWrap(["wrap", "--policy", "a", "--policy", "b"]), { policy: ["a", "b"] });
});

for (const words of [["logs"], ["wrap", "--db"], ["wrap", "--db", "-x"], ["wrap", "x", "y"], []]) {
  Deno.test(`plainWrap leaves [${words}] to the parser`, () => {
    assert.equal(plainWrap(words), null);
  });
}
