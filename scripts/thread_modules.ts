/**
 * The modules that threads are started from: nothing imports them, so whoever packs the program has to be
 * told of them.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";

const ADDRESS = /new URL\("(\.\/[^"]+\.ts)", import\.meta\.url\)/g;

/** Finds them in the source, as paths from the project's folder, sorted. */
export async function threadModules(project: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const file of sources(join(project, "src"))) {
    for (const [, path] of (await Deno.readTextFile(file)).matchAll(ADDRESS)) {
      found.add(relative(project, join(dirname(file), path!)).replaceAll("\\", "/"));
    }
  }
  return [...found].sort();
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts") && !name.endsWith(".gen.ts")) yield path;
  }
}
