/**
 * Assembles the WebAssembly that skips the inside of strings.
 *
 * @module
 */

import wabt from "wabt";

/** Where it goes, from the project's folder. */
export const STRING_RUN_MODULE = "src/wire/string_run.gen.ts";

/** The text of that module. */
export async function stringRun(): Promise<string> {
  const source = new URL("../src/wire/string_run.wat", import.meta.url);
  const { parseWat } = await wabt();
  const module = parseWat("string_run.wat", await Deno.readTextFile(source), { simd: true });
  module.validate();
  const bytes = new Uint8Array(module.toBinary({}).buffer);
  return `/** \`string_run.wat\`, assembled; made by \`deno task generate\`. */
export const STRING_RUN: string =
  "${bytes.toBase64()}";
`;
}
