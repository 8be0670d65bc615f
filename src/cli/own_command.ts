/**
 * How this very program is started again, by others and later.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";

/** Folders that are emptied without asking: of `npx`, of `bunx`, of the system. */
const TEMPORARY =
  /[\\/](_npx|bunx-[^\\/]*|dlx-[^\\/]*)[\\/]|^(\/tmp|\/var\/tmp|\/private\/var\/folders)[\\/]/;

/**
 * Deno's words for running a wrap. The bound is of the garbage that each thread lets gather: left to
 * itself, V8 takes up to 60 MB in a thread under load, and collecting more often costs a wrap nothing
 * that could be measured. `serve` has many requests open at a time, and goes without it: copying them
 * again and again would take a fifth of its time.
 */
const RUN: readonly string[] = ["run", "-A", "--quiet", "--v8-flags=--max-semi-space-size=2"];

/** A program and its first words. */
export interface OwnCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** What is known of the running program. */
export interface Running {
  /** Address of the module that was started. */
  readonly main: string;
  readonly execPath: string;
  readonly isStandalone: boolean;
}

/** The running program. */
export function running(): Running {
  return { main: Deno.mainModule, execPath: Deno.execPath(), isStandalone: Deno.build.standalone };
}

/**
 * The command that starts it: its binary; or Deno, with what npm, a registry or a clone has.
 *
 * @throws {UsageError} for a program that will not be there tomorrow.
 */
export function ownCommand({ main, execPath, isStandalone }: Running): OwnCommand {
  if (isStandalone) return lasting({ program: stable(execPath), args: [] });
  const alone = ["--no-config", "--no-lock"];
  if (!main.startsWith("file:")) {
    const module = `jsr:@agentgate/cli@${manifest.version}`;
    return lasting({ program: execPath, args: [...RUN, ...alone, module] });
  }
  const file = fileURLToPath(main), isPackage = /[\\/]node_modules[\\/]agentgate[\\/]/.test(file);
  // A clone stands where somebody has put it.
  if (!isPackage) return { program: execPath, args: [...RUN, file] };
  const args = [...RUN, ...alone, "--node-modules-dir=none", file];
  return lasting({ program: execPath, args });
}

/** Homebrew's folder of one version is gone after the next; its link stays. */
function stable(path: string): string {
  const cellar = /^(.*)\/Cellar\/agentgate\/[^/]+\/bin\/agentgate$/.exec(path);
  return cellar === null ? path : `${cellar[1]}/bin/agentgate`;
}

function lasting(command: OwnCommand): OwnCommand {
  const temporary = [command.program, ...command.args].find((word) => TEMPORARY.test(word));
  if (temporary === undefined) return command;
  throw new UsageError(
    `this AgentGate runs from a place that will not last (${temporary}): ` +
      "install it first, as with `npm install -g agentgate`, and run `agentgate install` again",
  );
}
