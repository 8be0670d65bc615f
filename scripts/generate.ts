/**
 * Makes what is made from the source: the parts of files between `<!-- generated: NAME -->` and
 * `<!-- end -->`, and the module with the dashboard's page.
 *
 * Run as `deno task generate`; with `--check` it changes nothing, and exits with 1 when something is
 * not fresh.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configText } from "../src/config/text.ts";
import { builtUi, UI_MODULE } from "./build_ui.ts";

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
  await freshen(
    file,
    (before) =>
      before.replace(GENERATED, (_all, begin, name, end) => `${begin}${part(name)}${end}`),
  );
}
const ui = await builtUi();
await freshen(UI_MODULE, () => ui);
Deno.exit(checks && !isFresh ? 1 : 0);

async function freshen(file: string, make: (before: string) => string): Promise<void> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const before = file === UI_MODULE && !existsSync(path) ? "" : await Deno.readTextFile(path);
  const after = make(before);
  if (after === before) return;
  isFresh = false;
  if (checks) console.error(`${file} is not fresh: run \`deno task generate\``);
  else await Deno.writeTextFile(path, after);
}

function part(name: string): string {
  const make = PARTS[name];
  if (make === undefined) throw new Error(`Cannot generate ${name}: no such part`);
  return make();
}

function fenced(language: string, text: string): string {
  return `\n\`\`\`${language}\n${text}\`\`\`\n\n`;
}
