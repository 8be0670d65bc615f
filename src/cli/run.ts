/**
 * One run of the program, from its arguments to its exit code.
 *
 * @module
 */

import { CommanderError } from "commander";
import { AuditError } from "../audit/audit_error.ts";
import { UsageError } from "../errors.ts";
import { OutputClosed, print } from "./output.ts";
import { buildProgram, commandsOf } from "./program.ts";

/** Does what the arguments say; tells on stderr what went wrong. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await runProgram(args);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof UsageError) {
      console.error(`error: ${error.message}`);
      return error.exitCode;
    }
    if (error instanceof AuditError) {
      console.error(`error: ${error.message}`);
      return 1;
    }
    console.error("AgentGate failed, and it is not your fault:", error);
    return 1;
  }
}

async function runProgram(args: readonly string[]): Promise<number> {
  const split = args.indexOf("--");
  const ours = split < 0 ? args : args.slice(0, split);
  const serverCommand = split < 0 ? null : args.slice(split + 1);

  let exitCode = 0;
  let help = "";
  const program = buildProgram({ serverCommand, finish: (code) => exitCode = code });
  for (const [command] of commandsOf(program)) {
    command.exitOverride().configureOutput({ writeOut: (text) => help += text });
  }
  try {
    await program.parseAsync(ours, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has told it already; its own code for a misused command line is 1.
    exitCode = error.exitCode === 0 ? 0 : 2;
  }
  await print(help);
  return exitCode;
}
