import assert from "node:assert/strict";
import { FileError } from "../../src/errors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { PolicyRuntime } from "../../src/policy/runtime.ts";
import { MemoryLog } from "../audit/support.ts";
import { rule } from "./harness.ts";

const RULE = rule("a", { action: "deny" });

/** What is wrong with files of these texts: file, line, column and the first words. */
async function problems(...texts: string[]): Promise<string[]> {
  using patterns = await loadPatterns();
  const sources = texts.map((text, i) => ({ file: `${i}.toml`, text }));
  try {
    await parsePolicy(sources, patterns);
    return [];
  } catch (fault) {
    assert.ok(fault instanceof FileError);
    return fault.problems.map(({ line, column, message }) =>
      `${fault.file} ${line}:${column} ${message.split(":")[0]}`
    );
  }
}

const NONE = "0.toml 1:1 this is no policy";

Deno.test("parsePolicy refuses what decides nothing: empty, cut off, nothing but comments", async () => {
  for (
    const text of [
      "",
      "\n\n",
      "# all rules went away\n",
      "[metadata]\n",
      '[metadata]\nname = "x"\n',
    ]
  ) {
    assert.deepEqual(await problems(text), [NONE], text);
  }
  assert.deepEqual(await problems('[[tests]]\nname = "t"\ntool = "x"\nexpect = "allow"\n'), [NONE]);
  assert.deepEqual(await problems(RULE), []);
  assert.deepEqual(await problems('[metadata]\ndefault = "allow"\n'), []);
});

Deno.test("parsePolicy refuses an empty file among others, and takes one of tests", async () => {
  assert.deepEqual(await problems(RULE, ""), ["1.toml 1:1 this is no policy"]);
  assert.deepEqual(await problems("# nothing", RULE), [NONE]);
  assert.deepEqual(await problems('[metadata]\nname = "x"\n', RULE), []);
  assert.deepEqual(
    await problems(RULE, '[[tests]]\nname = "t"\ntool = "x"\nexpect = "deny"\n'),
    [],
  );
});

/** Loads a policy from a file of its own, and gives what a reload with another text logs. */
async function reloaded(before: string, after: string) {
  const file = await Deno.makeTempFile({ suffix: ".toml" });
  const log = new MemoryLog();
  try {
    await Deno.writeTextFile(file, before);
    const runtime = await PolicyRuntime.load({
      files: [file],
      server: "s",
      hideDeniedTools: true,
      maxScanMs: 2000,
      maxScanWork: 1e9,
      resolvePaths: true,
      methods: undefined,
      log,
    });
    await Deno.writeTextFile(file, after);
    await runtime.reload();
    runtime.close();
    const { level, fields: { files: _, ...fields } } = log.lines.at(-1)!;
    return { level, fields };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("PolicyRuntime.reload says at WARN how many rules are gone, and a laxer default", async () => {
  const two = RULE + rule("b", { action: "deny" });
  assert.deepEqual(await reloaded(two, two), { level: "info", fields: { rules: 2 } });
  assert.deepEqual(await reloaded(RULE, two), { level: "info", fields: { rules: 2 } });
  assert.deepEqual(await reloaded(two, rule("c", { action: "deny" })), {
    level: "warn",
    fields: { rules: 1, rules_removed: 2 },
  });
  const byDefault = (word: string) => `[metadata]\ndefault = "${word}"\n`;
  assert.deepEqual(await reloaded(byDefault("deny"), byDefault("allow")), {
    level: "warn",
    fields: { rules: 0, default: "allow, no longer deny" },
  });
});
