/**
 * Assembles the project's WebAssembly.
 *
 * @module
 */

import { basename } from "node:path";
import wabt from "wabt";

/** The text of the module that holds what a file of WebAssembly text, `*.wat`, is assembled to. */
export async function assembled(path: string): Promise<string> {
  const file = basename(path), source = new URL(`../${path}`, import.meta.url);
  const { parseWat } = await wabt();
  const module = parseWat(file, await Deno.readTextFile(source), { simd: true });
  module.validate();
  const bytes = new Uint8Array(module.toBinary({}).buffer);
  return `/** \`${file}\`, assembled; made by \`deno task generate\`. */
export const ${file.replace(".wat", "").toUpperCase()}: string =
  "${bytes.toBase64()}";
`;
}
