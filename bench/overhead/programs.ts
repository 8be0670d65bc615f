/**
 * The server and the byte pump: built from C where there is a compiler.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The programs that a bench uses beside the contestants. */
export interface Programs {
  readonly server: readonly [string, ...string[]];
  /** What the server is written in. */
  readonly serverLanguage: "C" | "TypeScript";
  /** Null where C cannot be built. */
  readonly pump: readonly [string, ...string[]] | null;
  /** Why it cannot; null when it can. */
  readonly whyNoC: string | null;
}

/** Builds what can be built, with `cc` or what the environment variable CC names. */
export async function buildPrograms(folder: string): Promise<Programs> {
  const compiler = Deno.env.get("CC") || "cc";
  const pump = join(folder, "pump"), server = join(folder, "echo");
  const whyNoC = await build(compiler, "pump.c", pump) ?? await build(compiler, "echo.c", server);
  if (whyNoC === null) return { server: [server], serverLanguage: "C", pump: [pump], whyNoC };
  return {
    // Without -A, node:child_process would add it to this very program: `runs` knows the whole line.
    server: [Deno.execPath(), "run", "-A", "--quiet", "--no-config", source("echo_server.ts")],
    serverLanguage: "TypeScript",
    pump: null,
    whyNoC,
  };
}

/** Why it cannot be built; null when it was. */
async function build(compiler: string, name: string, program: string): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(compiler, {
      args: ["-O2", "-pthread", "-o", program, source(name)],
      stdout: "null",
      stderr: "piped",
    }).output();
    const reason = new TextDecoder().decode(stderr).trim();
    return success ? null : `${name} does not build${reason && `: ${reason}`}`;
  } catch (fault) {
    if (fault instanceof Deno.errors.NotFound) return "there is no C compiler";
    throw fault;
  }
}

function source(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
