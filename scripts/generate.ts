/**
 * Makes what is made from the source: the parts of files between `<!-- generated: NAME -->` and
 * `<!-- end -->`, the modules with the dashboard's page and with WebAssembly, the example of a configuration, and the manual.
 *
 * Run as `deno task generate`; with `--check` it changes nothing, and exits with 1 when something is
 * not fresh.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configText } from "../src/config/text.ts";
import { assembled } from "./assemble.ts";
import { builtUi, UI_MODULE } from "./build_ui.ts";
import { manPage } from "./man_page.ts";

/** What can be generated, by the names in the files. */
const PARTS: Readonly<Record<string, () => string>> = {
  settings: () => fenced("toml", configText()),
};

/** The files with generated parts. */
const FILES: readonly string[] = ["README.md"];

/** The files that are made as a whole. */
const WHOLE: Readonly<Record<string, () => string | Promise<string>>> = {
  [UI_MODULE]: builtUi,
  "src/transport/line_end.gen.ts": () => assembled("src/transport/line_end.wat"),
  "src/wire/string_run.gen.ts": () => assembled("src/wire/string_run.wat"),
  "src/wire/value_run.gen.ts": () => assembled("src/wire/value_run.wat"),
  "config.example.toml": configText,
  "scripts/agentgate.1": manPage,
};

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
for (const [file, make] of Object.entries(WHOLE)) {
  const text = await make();
  await freshen(file, () => text);
}
Deno.exit(checks && !isFresh ? 1 : 0);

async function freshen(file: string, make: (before: string) => string): Promise<void> {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const before = file in WHOLE && !existsSync(path) ? "" : await Deno.readTextFile(path);
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
