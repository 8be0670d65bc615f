/** CONTRIBUTING.md: its worked examples work, and its rules on tests are kept. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** Everything that an example may change or run. */
const COPIED = ["deno.json", "deno.lock", "main.ts", "policies", "src", "tests"];

/** One block of TypeScript. */
interface Block {
  /** Where it goes; undefined for a program of its own. */
  readonly file: string | undefined;
  /** The name behind whose opening line it goes; undefined for a new file. */
  readonly place: string | undefined;
  readonly text: string;
}

/** The sections "How to …" that have examples, and their blocks in order. */
function examplesIn(markdown: string): [title: string, blocks: Block[]][] {
  return markdown.split(/^## /m)
    .filter((section) => section.startsWith("How to "))
    .map((section): [string, Block[]] => [section.split("\n", 1)[0]!, blocksOf(section)])
    .filter(([, blocks]) => blocks.length > 0);
}

function blocksOf(section: string): Block[] {
  const block = /^```ts\n(?:\/\/ (\S+\.tsx?)(?:, in (\S+))?\n)?(.*?)^```$/gms;
  return [...section.matchAll(block)].map(([, file, place, text]) => ({
    file,
    place,
    text: text!,
  }));
}

/** The text with a block behind the first line that has the name and opens a list or a table. */
function inserted(text: string, { file, place, text: block }: Block): string {
  const lines = text.split("\n");
  const at = lines.findIndex((line) =>
    line.split(/[^\w#$]+/).includes(place!) && /[[{(]$/.test(line)
  );
  assert.notEqual(at, -1, `${file} has no line that opens ${place}`);
  return lines.toSpliced(at + 1, 0, block.trimEnd()).join("\n");
}

/** Applies the blocks to the copy in `folder`; the files that came of it. */
async function apply(blocks: readonly Block[], folder: string): Promise<string[]> {
  const changed = new Set<string>();
  for (const [index, block] of blocks.entries()) {
    const name = block.file ?? `example_${index}.ts`, path = join(folder, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    const text = block.place === undefined
      ? block.text
      : inserted(await Deno.readTextFile(path), block);
    await Deno.writeTextFile(path, text, { createNew: block.place === undefined });
    changed.add(name);
  }
  return [...changed];
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

async function withCopy(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of COPIED) await copy(join(PROJECT, name), join(folder, name));
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs Deno in a folder, and fails with what it printed when it fails. */
async function deno(folder: string, ...args: readonly string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  assert.ok(success, `deno ${args.join(" ")}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}

const markdown = await Deno.readTextFile(join(PROJECT, ".github/CONTRIBUTING.md"));
const examples = examplesIn(markdown);

Deno.test("CONTRIBUTING.md has worked examples", () => {
  assert.ok(examples.length > 1);
});

for (const [title, blocks] of examples) {
  Deno.test(`CONTRIBUTING.md, ${title}: the example can be applied, checked and run`, async () => {
    await withCopy(async (folder) => {
      const changed = await apply(blocks, folder);
      await deno(folder, "check", ...changed);
      await deno(PROJECT, "run", "-A", "scripts/check_imports.ts", folder);
      const tests = changed.filter((file) => file.endsWith("_test.ts"));
      if (tests.length > 0) await deno(folder, "test", "-A", "--no-check", ...tests);
      for (const file of changed.filter((file) => /^example_\d+\.ts$/.test(file))) {
        await deno(folder, "run", "-A", "--no-check", file);
      }
    });
  });
}

Deno.test("no test takes assertions by name: Deno's named ones are loose", async () => {
  const loose = /import (?:type )?\{[^}]*\} from "node:assert(?:\/strict)?"/;
  const faults: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(join(PROJECT, folder))) {
      const path = `${folder}/${name}`;
      if (isDirectory) await look(path);
      else if (name.endsWith(".ts") && loose.test(await Deno.readTextFile(join(PROJECT, path)))) {
        faults.push(path);
      }
    }
  };
  for (const folder of ["bench", "src", "tests"]) await look(folder);
  assert.deepEqual(faults, []);
});
