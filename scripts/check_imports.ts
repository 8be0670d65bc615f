/**
 * Proves that imports point one way: every room may open only the doors listed here, and no modules
 * import one another in a circle, types included.
 *
 * Run as `deno run -A scripts/check_imports.ts [FOLDER]`; exits with 1 when something is wrong.
 *
 * @module
 */

import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The doors that a room may open: for values (and types), and those for types alone. */
interface Doors {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

/** Files at the top of `src/` that every room may use; they use nothing but one another. */
const COMMON = ["src"];

/** Every room. `*` is everyone; a door inside a room opens before the room's own. */
const DOORS: Readonly<Record<string, Doors>> = {
  "main.ts": { values: ["src/cli"] },
  "src": { values: [] },
  "src/toml": { values: COMMON },
  "src/config": { values: [...COMMON, "src/toml"] },
  "src/wire": { values: ["src/errors.ts"] },
  "src/session": { values: ["src/errors.ts", "src/oldest.ts", "src/wire"] },
  "src/transport": {
    values: ["src/errors.ts", "src/transport/native"],
    types: ["src/session", "src/wire"],
  },
  "src/transport/stdio": { values: ["src/errors.ts", "src/transport"], types: ["src/session"] },
  "src/transport/native": {
    values: ["src/errors.ts", "src/transport"],
    types: ["src/session", "src/wire"],
  },
  "src/transport/upstream": {
    values: ["src/errors.ts", "src/transport", "src/transport/http/headers.ts"],
  },
  "src/transport/http": {
    values: [
      ...["src/errors.ts", "src/oldest.ts", "src/same_secret.ts", "src/wait_at_most.ts"],
      ...["src/transport", "src/transport/upstream", "src/wire", "src/session"],
    ],
  },
  "src/transport/remote": {
    values: [
      ...["src/errors.ts", "src/transport", "src/transport/http", "src/transport/upstream"],
      "src/wire",
    ],
    types: ["src/transport/stdio"],
  },
  "src/expr": { values: [] },
  "src/matchers": { values: [], types: ["src/expr"] },
  "src/patterns": { values: ["src/errors.ts"], types: ["src/expr"] },
  "src/redaction": { values: ["src/errors.ts", "src/wire", "src/patterns"] },
  "src/limits": {
    values: ["src/errors.ts", "src/oldest.ts", "src/call_note.ts"],
    types: ["src/session"],
  },
  "src/fleet/limits": {
    values: ["src/errors.ts", "src/oldest.ts", "src/limits"],
    types: ["src/config", "src/log.ts"],
  },
  "src/policy": {
    values: [
      ...[...COMMON, "src/toml", "src/wire", "src/expr", "src/patterns", "src/redaction"],
      "src/matchers",
      ...["src/limits", "src/session/hits.ts"],
    ],
    types: ["src/session"],
  },
  "src/simulate": {
    values: [
      ...["src/errors.ts", "src/oldest.ts", "src/expr", "src/patterns", "src/redaction"],
      ...["src/policy", "src/session/hits.ts", "src/visible.ts"],
    ],
  },
  "src/audit": {
    values: [
      ...["src/errors.ts", "src/oldest.ts", "src/thread.ts", "src/node_process.ts"],
      "src/visible.ts",
    ],
    types: ["src/session", "src/log.ts"],
  },
  "src/fleet/log": {
    values: [...COMMON, "src/audit", "src/web/log_source.ts"],
    types: ["src/config"],
  },
  "src/fleet/copy": { values: [...COMMON, "src/audit", "src/fleet/log"] },
  "src/taps": { values: COMMON, types: ["src/session"] },
  "src/clients": { values: ["src/errors.ts", "src/config/home.ts"] },
  "src/cli": {
    values: [
      "src/clients",
      ...[...COMMON, "src/config", "src/audit", "src/policy", "src/simulate", "src/patterns"],
      ...["src/transport/choice.ts", "src/transport/http/doors.ts", "src/web", "src/toml"],
      ...["src/transport/upstream/request_head.ts", "src/fleet/log", "src/fleet/limits"],
      "src/fleet/copy",
    ],
    types: ["src/session", "src/expr"],
  },
  "src/gateway": { values: ["*"] },
  "src/web": {
    values: [
      ...[...COMMON, "src/audit", "src/policy", "src/simulate", "src/patterns", "src/toml"],
      ...["src/session/hits.ts", "src/config/telemetry.ts"],
    ],
    types: ["src/taps", "src/config"],
  },
  "ui": {
    values: ["src/web/pages.ts"],
    types: ["src/web", "src/audit", "src/simulate", "src/config"],
  },
  "policies": { values: [] },
};

/** The doors to the composition, which knows everyone, and the only modules that go through them. */
const COMPOSITION: Readonly<Record<string, readonly string[]>> = {
  "src/gateway/wrap.ts": ["src/cli/wrap.ts"],
  "src/gateway/wrap_threads.ts": ["src/cli/run.ts", "src/cli/wrap.ts"],
  "src/gateway/serve.ts": ["src/cli/serve.ts"],
};

/** One import of a module. */
interface Import {
  readonly to: string;
  readonly typeOnly: boolean;
}

const project = resolve(Deno.args[0] ?? fileURLToPath(new URL("..", import.meta.url)));
const faults: string[] = [];
const modules = new Map<string, readonly Import[]>();

for (const file of await sourceFiles()) {
  const from = relative(project, file).replaceAll("\\", "/");
  modules.set(from, importsOf(from, await Deno.readTextFile(file)));
}
for (const [from, imports] of modules) {
  for (const { to, typeOnly } of imports) {
    if (mayImport(from, to, typeOnly)) continue;
    faults.push(`${from} must not import ${typeOnly ? "types" : "values"} of ${to}`);
  }
}
for (const circle of circles()) faults.push(`a circle of imports: ${circle.join(" → ")}`);
for (const fault of faults) console.error(fault);
const checked = [...modules.values()].reduce((sum, imports) => sum + imports.length, 0);
console.log(`${checked} imports checked, ${faults.length} wrong`);
Deno.exit(faults.length > 0 ? 1 : 0);

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (to === "deno.json" || to.startsWith("policies/")) return true;
  const room = roomOf(from);
  if (roomOf(to) === room) return true;
  if (to in COMPOSITION) return COMPOSITION[to]!.includes(from);
  const doors = DOORS[room];
  if (doors === undefined) throw new Error(`no doors are listed for ${from}`);
  const open = typeOnly ? [...doors.values, ...doors.types ?? []] : doors.values;
  return open.some((door) => door === "*" || door === to || door === roomOf(to));
}

/** The innermost room that a file stands in. */
function roomOf(file: string): string {
  for (
    let place = file;
    place !== "";
    place = place.slice(0, Math.max(0, place.lastIndexOf("/")))
  ) {
    if (place in DOORS) return place;
  }
  return file.split("/")[0]!;
}

/** Chains of modules that end where they began, each told once. */
function circles(): string[][] {
  const found: string[][] = [];
  const path: string[] = [];
  const done = new Set<string>();
  const visit = (module: string): void => {
    const at = path.indexOf(module);
    if (at >= 0) return void found.push([...path.slice(at), module]);
    if (done.has(module)) return;
    path.push(module);
    for (const { to } of modules.get(module) ?? []) visit(to);
    path.pop();
    done.add(module);
  };
  for (const module of modules.keys()) visit(module);
  return found;
}

/** What a module imports by a relative path: static, dynamic, re-exported, or as a thread. */
function importsOf(from: string, source: string): Import[] {
  const statements = /^(import|export)\s+(type\s+)?[^;]*?from\s+"(\.{1,2}\/[^"]+)"/gms;
  const found = [...source.matchAll(statements)].map((match) => ({
    to: pathOf(from, match[3]!),
    typeOnly: match[2] !== undefined || namesTypesOnly(match[0]),
  }));
  const others =
    /\bimport\("(\.{1,2}\/[^"]+)"\)|new URL\("(\.{1,2}\/[^"]+\.ts)", import\.meta\.url\)/g;
  for (const match of source.matchAll(others)) {
    found.push({ to: pathOf(from, (match[1] ?? match[2])!), typeOnly: false });
  }
  return found;
}

function pathOf(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Whether every name in `{ … }` is marked `type`. */
function namesTypesOnly(statement: string): boolean {
  const names = /\{([^}]*)\}/.exec(statement)?.[1];
  if (names === undefined) return false;
  return names.split(",").map((name) => name.trim()).filter(Boolean)
    .every((name) => name.startsWith("type "));
}

async function sourceFiles(): Promise<string[]> {
  const files = [`${project}/main.ts`];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.tsx?$/.test(entry.name)) files.push(path);
    }
  };
  for (const folder of ["src", "ui"]) {
    try {
      await walk(`${project}/${folder}`);
    } catch (fault) {
      if (!(fault instanceof Deno.errors.NotFound)) throw fault;
    }
  }
  return files.sort();
}
