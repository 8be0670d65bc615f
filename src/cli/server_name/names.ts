/**
 * Names out of program paths, package specifiers, script files and container images.
 *
 * @module
 */

/** Kind of thing that a word of a command line stands for. */
export type Operand = "command" | "package" | "script" | "image";

/** Names what `word` stands for; undefined when it has no name, as `.` has not. */
export function nameOf(operand: Operand, word: string): string | undefined {
  switch (operand) {
    case "command":
      return programOf(word);
    case "package":
      return nameOfPackage(word);
    case "script":
      return nameOfScript(word);
    case "image":
      return nameOfImage(word);
  }
}

/** `C:\tools\Server.EXE` → `Server`; `/usr/bin/mcp-fs` → `mcp-fs`. */
export function programOf(word: string): string {
  return (partsOf(word).at(-1) ?? "").replace(/\.(exe|cmd|bat|com|ps1)$/i, "");
}

/**
 * A package without its registry, version, extras and path within: `@scope/name` or `name`.
 *
 * Addresses, repositories and files, which package runners take as well, are named as files are.
 */
function nameOfPackage(word: string): string | undefined {
  const [, registry, specifier = ""] = /^((?:npm|jsr):\/?)?(.*)$/s.exec(word) ?? [];
  const isScoped = /^@[^/]+\/[^/]/.test(specifier);
  const isFile = /[/\\:]/.test(specifier) || /\.[cm]?[jt]sx?$|\.py$/.test(specifier);
  if (registry === undefined && isFile && !isScoped) return nameOfScript(word);
  return /^(?:@[^/]+\/)?[^/@[=<>~!;\s]+/.exec(specifier)?.[0];
}

/** Names that say what a file is for, not what it belongs to. */
const TELLS_NOTHING = /^(index|main|__main__|mod|cli|dist|build|out|src|lib|bin|\.+)$/;

/** The package that a file belongs to, or the file's own name, or the folder's if that says more. */
function nameOfScript(word: string): string | undefined {
  const inPackage = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/s.exec(word)?.[1];
  if (inPackage) return inPackage.replace("\\", "/");
  const isAddress = word.includes("://");
  const path = isAddress ? word.replace(/^.*?:\/\/[^/]*/, "").replace(/[?#].*$/, "") : word;
  const names = partsOf(path).map(stemOf);
  return names.findLast((name) => !TELLS_NOTHING.test(name)) ??
    names.findLast((name) => !/^\.+$/.test(name));
}

/** `server.py` → `server`; `repo.git@v1` → `repo`. */
function stemOf(name: string): string {
  return name.replace(/(?<=.)@.*$/s, "").replace(/(?<=.)\.[A-Za-z]\w{0,4}$/, "");
}

/** An image without its registry's host, its tag and its digest. */
function nameOfImage(word: string): string {
  const name = word.replace(/@.*$/s, "").replace(/:[^/]*$/, "");
  const [host = "", ...path] = name.split("/");
  const hasHost = path.length > 0 && /[.:]|^localhost$/.test(host);
  return hasHost ? path.join("/") : name;
}

const partsOf = (path: string): string[] => path.split(/[/\\]+/).filter((part) => part !== "");
