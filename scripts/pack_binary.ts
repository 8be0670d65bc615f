/**
 * Packs a binary as releases have it: `agentgate-TARGET.tar.gz`, or `.zip` for Windows.
 *
 * `deno run -A scripts/pack_binary.ts TARGET`
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { binaryOf } from "./compile.ts";

const project = fileURLToPath(new URL("..", import.meta.url));

if (import.meta.main) {
  const [target = ""] = Deno.args, isWindows = target.includes("windows");
  const archives = join(project, "dist/archives");
  await Deno.mkdir(archives, { recursive: true });
  const archive = join(archives, `agentgate-${target}${isWindows ? ".zip" : ".tar.gz"}`);
  await pack(binaryOf(target), isWindows ? "agentgate.exe" : "agentgate", archive);
  console.log(`made ${archive}`);
}

/** Packs a binary, by the name that it has there, with what is to be read. */
export async function pack(binary: string, name: string, archive: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-pack-" });
  try {
    await Deno.copyFile(binary, join(folder, name));
    for (const file of ["LICENSE", "README.md", "CHANGELOG.md", "scripts/agentgate.1"]) {
      await Deno.copyFile(join(project, file), join(folder, file.split("/").at(-1)!));
    }
    const words = archive.endsWith(".zip") ? ["-a", "-cf", archive] : ["-czf", archive];
    // By their names, without a `./` before them: install.sh takes the program out by its name.
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const { success, stderr } = await new Deno.Command(tarOfHere(), {
      args: [...words, "-C", folder, ...names],
    }).output();
    if (!success) throw new Error(`Cannot pack ${archive}: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The tar of Windows itself makes a zip of what ends so; the one of Git, which may be found first, none. */
function tarOfHere(): string {
  if (Deno.build.os !== "windows") return "tar";
  return join(Deno.env.get("SystemRoot") ?? "C:\\Windows", "System32", "tar.exe");
}
