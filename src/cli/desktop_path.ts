/**
 * Programs that a shell finds and a desktop does not: what macOS starts from its Dock has a PATH of its
 * own, and a server by the name of `npx` is not started there.
 *
 * @module
 */

import { join } from "node:path";

/** The PATH that launchd gives. */
const LAUNCHD = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/**
 * Finds where a shell finds a program that a desktop does not.
 *
 * @param has Whether there is such a file.
 * @returns Its path; null when the desktop finds it, or nobody does.
 */
export function shellOnly(
  program: string,
  path: string,
  has: (file: string) => boolean = isFile,
): string | null {
  if (program.includes("/") || LAUNCHD.some((folder) => has(join(folder, program)))) return null;
  const folder = path.split(":").find((folder) => folder !== "" && has(join(folder, program)));
  return folder === undefined ? null : join(folder, program);
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}
