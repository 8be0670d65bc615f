/**
 * Makes the package for npm: the program as plain JavaScript, started by npm's `deno`.
 *
 * `deno task npm [FOLDER]`; then `npm pack` or `npm publish` there.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { bundleProgram } from "./bundle.ts";

const project = fileURLToPath(new URL("..", import.meta.url));

if (import.meta.main) {
  const folder = Deno.args[0] ?? join(project, "dist/npm");
  await buildNpm(folder);
  console.log(`made ${folder}: npm pack ${folder}`);
}

/** Makes the package in a folder, which is new or of an earlier time. */
export async function buildNpm(folder: string): Promise<void> {
  await bundleProgram(join(folder, "js"));
  await Deno.mkdir(join(folder, "bin"), { recursive: true });
  await Deno.copyFile(join(project, "scripts/launcher.cjs"), join(folder, "bin/agentgate.cjs"));
  for (const file of ["README.md", "LICENSE"]) {
    await Deno.copyFile(join(project, file), join(folder, file));
  }
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify(packageJson(), null, 2));
}

/** The version of Deno that the program was tested with. */
function packageJson() {
  const { version, license } = manifest;
  return {
    ...{ name: "agentgate", version, license },
    description:
      "The gateway between AI agents and MCP servers: see, allow, forbid and record every tool call",
    keywords: ["mcp", "model-context-protocol", "gateway", "policy", "audit", "ai-agents"],
    bin: { agentgate: "bin/agentgate.cjs" },
    files: ["bin", "js"],
    engines: { node: ">=18" },
    dependencies: { deno: Deno.version.deno },
  };
}
