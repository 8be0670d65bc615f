/**
 * Makes what is made from the source: the parts of files between `<!-- generated: NAME -->` and
 * `<!-- end -->`.
 *
 * Run as `deno task generate`; with `--check` it changes nothing, and exits with 1 when something is
 * not fresh.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { configText } from "../src/config/text.ts";

/** What can be generated, by the names in the files. */
const PARTS: Readonly<Record<string, () => string>> = {
  settings: () => fenced("toml", configText()),
};

/** The files with generated parts. */
const FILES: readonly string[] = ["README.md"];

const GENERATED = /(<!-- generated: (\w+) -->\n).*?(<!-- end -->)/gs;

const checks = Deno.args.includes("--check");
let isFresh = true;
for (const file of FILES) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const before = await Deno.readTextFile(path);
  const after = before.replace(
    GENERATED,
    (_all, begin, name, end) => `${begin}${part(name)}${end}`,
  );
  if (after === before) continue;
  isFresh = false;
  if (checks) console.error(`${file} is not fresh: run \`deno task generate\``);
  else await Deno.writeTextFile(path, after);
}
Deno.exit(checks && !isFresh ? 1 : 0);

function part(name: string): string {
  const make = PARTS[name];
  if (make === undefined) throw new Error(`Cannot generate ${name}: no such part`);
  return make();
}

function fenced(language: string, text: string): string {
  return `\n\`\`\`${language}\n${text}\`\`\`\n\n`;
}
