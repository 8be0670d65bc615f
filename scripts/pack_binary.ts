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

const project = fileURLToPath(new URL("..", import.meta.url)), [target = ""] = Deno.args;
const archives = join(project, "dist/archives"), folder = await Deno.makeTempDir();
try {
  const isWindows = target.includes("windows"), name = isWindows ? "agentgate.exe" : "agentgate";
  await Deno.mkdir(archives, { recursive: true });
  await Deno.copyFile(binaryOf(target), join(folder, name));
  for (const file of ["LICENSE", "README.md", "CHANGELOG.md", "scripts/agentgate.1"]) {
    await Deno.copyFile(join(project, file), join(folder, file.split("/").at(-1)!));
  }
  // The tar of Windows makes a zip of what ends so.
  const archive = join(archives, `agentgate-${target}${isWindows ? ".zip" : ".tar.gz"}`);
  const words = isWindows ? ["-a", "-cf", archive] : ["-czf", archive];
  const { success } = await new Deno.Command("tar", { args: [...words, "-C", folder, "."] })
    .output();
  if (!success) throw new Error(`Cannot pack ${archive}`);
  console.log(`made ${archive}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
