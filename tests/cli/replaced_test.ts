import assert from "node:assert/strict";
import { reasonOf } from "../../src/errors.ts";

Deno.test("a program whose files were replaced while it runs says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_replaced_" });
  try {
    const later = new URL(`file://${folder}/later.ts`).href, user = `${folder}/user.ts`;
    const said = async (module: string) => {
      try {
        await import(module);
      } catch (fault) {
        return reasonOf(fault);
      }
    };
    const expected =
      /^AgentGate's own files were moved or replaced since it started; start it again \(.+\)$/;
    assert.match(String(await said(later)), expected);
    await Deno.writeTextFile(`${folder}/other.ts`, "export const other = 1;");
    await Deno.writeTextFile(user, 'import { gone } from "./other.ts"; console.log(gone);');
    assert.match(String(await said(new URL(`file://${user}`).href)), expected);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
