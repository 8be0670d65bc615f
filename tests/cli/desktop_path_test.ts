import assert from "node:assert/strict";
import { shellOnly } from "../../src/cli/desktop_path.ts";

Deno.test("shellOnly finds what a desktop does not", () => {
  const files = new Set(["/opt/homebrew/bin/npx", "/usr/bin/python3", "/opt/homebrew/bin/python3"]);
  const of = (program: string) =>
    shellOnly(program, "/opt/homebrew/bin::/usr/bin", (file) => files.has(file));
  assert.equal(of("npx"), "/opt/homebrew/bin/npx");
  for (const program of ["python3", "/opt/homebrew/bin/npx", "./npx", "nobody"]) {
    assert.equal(of(program), null, program);
  }
});
