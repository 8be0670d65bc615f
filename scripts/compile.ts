/**
 * Makes the binaries, each with Deno's runtime and the whole program in it.
 *
 * `deno task compile [TARGET…]`: all five, or those that are named. Deno downloads the runtime of a target;
 * `DENORT_BIN` names one that is there.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "./bundle.ts";

/** What binaries are made for. */
export const TARGETS: readonly string[] = Object.freeze([
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
]);

if (import.meta.main) {
  const targets = Deno.args.length > 0 ? Deno.args : TARGETS;
  const unknown = targets.find((target) => !TARGETS.includes(target));
  if (unknown !== undefined) {
    console.error(`there is no target ${unknown}: ${TARGETS.join(", ")}`);
    Deno.exit(2);
  }
  const bundle = await Deno.makeTempDir({ prefix: "agentgate-bundle-" });
  try {
    await bundleProgram(bundle);
    for (const target of targets) {
      const file = binaryOf(target);
      await compile(bundle, target, file);
      console.log(`made ${file}`);
    }
  } finally {
    await Deno.remove(bundle, { recursive: true });
  }
}

/** Where the binary of a target is made. */
export function binaryOf(target: string): string {
  const dist = fileURLToPath(new URL("../dist", import.meta.url));
  return join(dist, `agentgate-${target}${target.includes("windows") ? ".exe" : ""}`);
}

/**
 * Makes one binary of a bundle. The bundle, and not the source: of that, Deno 2.9 would embed the folders
 * of whole packages, and its walk through them overflows its stack (denoland/deno#36746).
 */
export async function compile(bundle: string, target: string, file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["compile", "-A", "--no-check", "--no-config", "--target", target, "--output", file],
      // As `own_command.ts` of the source says.
      "--v8-flags=--max-semi-space-size=2",
      // Nothing imports the modules of threads, and what a library reads.
      ...["--include", "src", "--include", "rregex.wasm", "main.js"],
    ],
    cwd: bundle,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot compile: ${new TextDecoder().decode(stderr)}`);
}
