/**
 * Proves that imports point one way: every room may open only the doors listed here.
 *
 * Types may be imported from rooms that are marked so; a type import leaves no trace at run time.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** For each room: the rooms whose values it may use, and those it may only name types of. */
const DOORS: Readonly<Record<string, { values: readonly string[]; types?: readonly string[] }>> = {
  "main.ts": { values: ["src/cli"] },
  "src/cli": {
    values: [
      ...["src", "src/config", "src/server_name", "src/audit", "src/policy"],
      "src/transport/choice.ts",
    ],
    types: ["src/proxy"],
  },
  "src/gateway/wrap.ts": { values: ["src/gateway"] },
  "src/gateway": { values: ["*"] },
  "src/taps/diagnostics.ts": { values: ["src"], types: ["src/proxy"] },
  "src/config": { values: ["src"] },
  "src/server_name": { values: [] },
  "src/proxy": { values: ["src/errors.ts"] },
  "src/audit": {
    values: ["src/errors.ts", "src/thread.ts"],
    types: ["src/proxy", "src/log.ts"],
  },
  "src/policy": { values: ["src", "src/expr", "src/limits"], types: ["src/proxy"] },
  "src/limits": { values: ["src/errors.ts"], types: ["src/proxy"] },
  "src/expr": { values: [] },
  "src/web": { values: ["src", "src/audit", "src/policy"], types: ["src/proxy"] },
  "src": { values: ["src", "src/config", "src/server_name"], types: ["src/proxy"] },
  "ui": { values: [], types: ["src/web"] },
  "policies": { values: [] },
};

/** The door to the composition, which knows everyone: only these commands go through it. */
const ROOT = "src/gateway/wrap.ts", ROOT_USERS = ["src/cli/wrap.ts", "src/cli/serve.ts"];

const project = fileURLToPath(new URL("..", import.meta.url));
const faults: string[] = [];
let checked = 0;

for (const file of await sourceFiles()) {
  const source = await Deno.readTextFile(file);
  const from = relative(project, file).replaceAll("\\", "/");
  for (const { path, typeOnly } of imports(source)) {
    checked++;
    const to = new URL(path, `file:///${from}`).pathname.slice(1);
    if (!mayImport(from, to, typeOnly)) {
      faults.push(`${from} must not import ${typeOnly ? "types" : "values"} of ${to}`);
    }
  }
}
for (const fault of faults) console.error(fault);
console.log(`${checked} imports checked, ${faults.length} in the wrong direction`);
Deno.exit(faults.length > 0 ? 1 : 0);

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (to.startsWith("tests/") || to.startsWith("bench/") || to.startsWith("scripts/")) return false;
  const room = roomOf(from);
  if (roomOf(to) === room && room !== "src") return true;
  if (to === ROOT) return ROOT_USERS.includes(from);
  if (to === "deno.json" || to.startsWith("policies/")) return true;
  const doors = DOORS[room];
  if (doors === undefined) throw new Error(`no doors are listed for ${from}`);
  const open = typeOnly ? [...doors.values, ...doors.types ?? []] : doors.values;
  return open.some((door) => door === "*" || door === to || door === roomOf(to));
}

/** The most particular room that a file stands in. */
function roomOf(file: string): string {
  if (file in DOORS) return file;
  const folder = file.split("/").slice(0, 2).join("/");
  return folder in DOORS ? folder : file.split("/")[0]!;
}

/** Relative imports of a module, static, dynamic and re-exported. */
function imports(source: string): { path: string; typeOnly: boolean }[] {
  const statements = /^(import|export)\s+(type\s+)?[^;]*?from\s+"(\.{1,2}\/[^"]+)"/gms;
  const found = [...source.matchAll(statements)].map((m) => ({
    path: m[3]!,
    typeOnly: m[2] !== undefined || onlyTypesInside(m[0]),
  }));
  for (const m of source.matchAll(/\bimport\("(\.{1,2}\/[^"]+)"\)/g)) {
    found.push({ path: m[1]!, typeOnly: false });
  }
  for (const m of source.matchAll(/new URL\("(\.{1,2}\/[^"]+\.ts)", import\.meta\.url\)/g)) {
    found.push({ path: m[1]!, typeOnly: false });
  }
  return found;
}

/** Whether every name in `{ … }` is marked `type`. */
function onlyTypesInside(statement: string): boolean {
  const names = /\{([^}]*)\}/.exec(statement)?.[1];
  if (names === undefined) return false;
  return names.split(",").map((name) => name.trim()).filter(Boolean)
    .every((name) => name.startsWith("type "));
}

async function sourceFiles(): Promise<string[]> {
  const files = [`${project}main.ts`];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.tsx?$/.test(entry.name)) files.push(path);
    }
  };
  for (const folder of ["src", "ui"]) {
    try {
      await walk(`${project}${folder}`);
    } catch (fault) {
      if (!(fault instanceof Deno.errors.NotFound)) throw fault;
    }
  }
  return files.sort();
}
