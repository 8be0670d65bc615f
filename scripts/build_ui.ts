/**
 * Bundles `ui/` into one module of TypeScript, so that the page works from a clone, inside a compiled
 * binary and from a registry, without a file to read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PAGES } from "../src/web/pages.ts";

/** Where the module stands. */
export const UI_MODULE = "src/web/assets.gen.ts";

/** Parts with a style of their own; each has `ui/css/NAME.css`. */
const PARTS: readonly string[] = ["chart", "dialogs"];

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const HEAD = `// Generated from ui/ by scripts/build_ui.ts: \`deno task generate\`. Do not edit.
// deno-fmt-ignore-file
// deno-lint-ignore-file
/**
 * The page, bundled.
 *
 * @module
 */

/** A file that is served. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** Files by what they are for. */
export interface Entry {
  readonly style: string;
  readonly theme: string;
  readonly script: string;
  readonly icon: string;
  /** Styles of parts that are loaded when they are wanted, by their name. */
  readonly parts: Readonly<Record<string, string>>;
  /** What a page loads besides, by its name. */
  readonly pages: Readonly<
    Record<string, { readonly style: string; readonly modules: readonly string[] }>
  >;
}
`;

/** Makes the text of the module. */
export async function builtUi(): Promise<string> {
  const project = fileURLToPath(new URL("..", import.meta.url));
  const out = await Deno.makeTempDir({ prefix: "agentgate-ui-" });
  try {
    await bundle(project, out, ["ui/app.tsx"], "--code-splitting");
    await bundle(project, out, ["ui/theme.ts"]);
    const styles = [...PAGES.map(({ name }) => name), ...PARTS].map((name) => `ui/css/${name}.css`);
    await bundle(project, out, ["ui/css/index.css", ...styles]);
    await Deno.copyFile(join(project, "ui/icon.svg"), join(out, "icon.svg"));
    return moduleOf(renamed(await filesOf(out)));
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

async function bundle(cwd: string, out: string, files: string[], ...more: string[]): Promise<void> {
  const flags = ["--quiet", "--platform", "browser", "--minify", ...more];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...flags, "--outdir", out, ...files],
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle ${files}: ${new TextDecoder().decode(stderr)}`);
}

async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    files.set(name, (await Deno.readTextFile(join(folder, name))).replaceAll("\r\n", "\n"));
  }
  return files;
}

/** A name that the bundler has made, in a text as in a file's name. */
const CHUNK = /\b([a-z_]+)-([A-Z0-9]{8})\.js\b/g;
/** Files that name one another, by how many steps a change of one reaches the others. */
const STEPS = 16;

/**
 * Names chunks by their content. The bundler's own names tell where its packages were cached as well, and
 * are others on every machine.
 */
function renamed(files: ReadonlyMap<string, string>): Map<string, string> {
  const named = (text: string) => [...text.matchAll(CHUNK)].map(([name]) => name);
  let marks = new Map(
    [...files].map(([name, text]) => [name, hashOf(text.replaceAll(CHUNK, "$1.js"))]),
  );
  for (let step = 0; step < STEPS; step++) {
    const before = marks;
    marks = new Map([...files].map(([name, text]) => {
      const others = named(text).map((other) => before.get(other) ?? "");
      return [name, hashOf([before.get(name), ...others].join(" "))];
    }));
  }
  const rename = (text: string) =>
    text.replaceAll(
      CHUNK,
      (name, base) => files.has(name) ? `${base}-${marks.get(name)}.js` : name,
    );
  const found = [...files].map(([name, text]) => [rename(name), rename(text)] as const);
  return new Map(found.sort(([a], [b]) => a < b ? -1 : 1));
}

/** What has no name by its content gets one here. */
function moduleOf(files: ReadonlyMap<string, string>): string {
  const names = new Map([...files].map(([name, text]) => [name, hashedName(name, text)]));
  const assets = [...files].map(([name, body]) => {
    const type = TYPES[name.split(".").at(-1)!];
    if (type === undefined) throw new Error(`Cannot serve ${name}: its type is not known`);
    return `  ${JSON.stringify(names.get(name))}: { type: ${JSON.stringify(type)}, body: ${
      JSON.stringify(body)
    } },\n`;
  });
  const first = modulesOf("app.js", files);
  const pages = Object.fromEntries(PAGES.map(({ name }) => {
    const chunk = [...files.keys()].find((file) =>
      file.startsWith(`${name}-`) && file.endsWith(".js")
    );
    if (chunk === undefined) throw new Error(`Cannot find the page ${name} in the bundle`);
    const modules = [...new Set([...first, chunk, ...modulesOf(chunk, files)])];
    return [name, { style: names.get(`${name}.css`), modules }];
  }));
  const entry = {
    style: names.get("index.css"),
    theme: names.get("theme.js"),
    script: names.get("app.js"),
    icon: names.get("icon.svg"),
    parts: Object.fromEntries(PARTS.map((name) => [name, names.get(`${name}.css`)])),
    pages,
  };
  return `${HEAD}
/** By name. */
export const ASSETS: Readonly<Record<string, Asset>> = {
${assets.join("")}};

/** What a page begins with. */
export const ENTRY: Entry = ${JSON.stringify(entry, null, 2)};
`;
}

function hashedName(name: string, text: string): string {
  if (/-[A-Z0-9]{8}\.js$/.test(name)) return name;
  return name.replace(".", `-${hashOf(text)}.`);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
}

/** What a module imports before it can run. */
function modulesOf(name: string, files: ReadonlyMap<string, string>): string[] {
  const found = new Set<string>();
  const visit = (file: string): void => {
    for (const [, to] of files.get(file)!.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
      if (found.has(to!)) continue;
      found.add(to!);
      visit(to!);
    }
  };
  visit(name);
  return [...found];
}
