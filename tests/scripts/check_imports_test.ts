/** scripts/check_imports.ts: what is planted is refused. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../scripts/check_imports.ts", import.meta.url));

/** What the check says of a project of these files. */
async function check(files: Readonly<Record<string, string>>): Promise<[number, string]> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [file, text] of Object.entries({ "main.ts": "", ...files })) {
      const path = join(folder, file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", SCRIPT, folder],
      stdout: "null",
      stderr: "piped",
    }).output();
    return [code, new TextDecoder().decode(stderr).trim()];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const A = "export const a = 1;\nexport type A = number;\n";

Deno.test("check_imports takes what the doors allow", async () => {
  const files = {
    "src/session/a.ts": A,
    "src/audit/b.ts": `import type { A } from "../session/a.ts";\nexport const b: A = 1;\n`,
  };
  assert.deepEqual(await check(files), [0, ""]);
});

for (
  const [what, file, text, said] of [
    [
      "values where only types may go",
      "src/audit/b.ts",
      `import { a } from "../session/a.ts";\n`,
      "src/audit/b.ts must not import values of src/session/a.ts",
    ],
    [
      "types of a room that is shut",
      "src/expr/b.ts",
      `import type { A } from "../session/a.ts";\n`,
      "src/expr/b.ts must not import types of src/session/a.ts",
    ],
    [
      "a dynamic import",
      "src/expr/b.ts",
      `await import("../session/a.ts");\n`,
      "src/expr/b.ts must not import values of src/session/a.ts",
    ],
    [
      "a thread of another room",
      "src/expr/b.ts",
      `new URL("../session/a.ts", import.meta.url);\n`,
      "src/expr/b.ts must not import values of src/session/a.ts",
    ],
    [
      "a transport's sibling",
      "src/transport/stdio/b.ts",
      `import type { A } from "../native/a.ts";\n`,
      "src/transport/stdio/b.ts must not import types of src/transport/native/a.ts",
    ],
    [
      "the composition by a back door",
      "src/cli/b.ts",
      `import { a } from "../gateway/wrap.ts";\n`,
      "src/cli/b.ts must not import values of src/gateway/wrap.ts",
    ],
  ] as const
) {
  Deno.test(`check_imports refuses ${what}`, async () => {
    const target = /"(\.[^"]+)"/.exec(text)![1]!;
    const path = new URL(target, `file:///${file}`).pathname.slice(1);
    assert.deepEqual(await check({ [path]: A, [file]: text }), [1, said]);
  });
}

Deno.test("check_imports refuses a circle, of types, too", async () => {
  const [code, said] = await check({
    "src/wire/a.ts": `import type { B } from "./b.ts";\nexport type A = B;\n`,
    "src/wire/b.ts": `import type { C } from "./c.ts";\nexport type B = C;\n`,
    "src/wire/c.ts": `import type { A } from "./a.ts";\nexport type C = A;\n`,
  });
  assert.equal(code, 1);
  const circle = "src/wire/a.ts → src/wire/b.ts → src/wire/c.ts → src/wire/a.ts";
  assert.equal(said, `a circle of imports: ${circle}`);
});
