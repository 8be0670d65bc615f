/**
 * One run of the program, from its arguments to its exit code.
 *
 * @module
 */

import { AuditError } from "../audit/audit_error.ts";
import { isFromOutside, reasonOf, UsageError } from "../errors.ts";
import { OutputClosed } from "./output.ts";
import type { WrapOptions } from "./options.ts";
import { plainWrap } from "./plain_wrap.ts";
import { splitWrap } from "./split_wrap.ts";

/** The threads of a wrap that has them: they come up while all else is loaded. */
async function threadsFor({ transport, upstream }: WrapOptions) {
  if (upstream !== undefined) return undefined;
  const { chooseTransport, TRANSPORT_VARIABLE } = await import("../transport/choice.ts");
  const { name } = chooseTransport(transport, Deno.env.get(TRANSPORT_VARIABLE));
  if (name !== "native") return undefined;
  const { WrapThreads } = await import("../gateway/wrap_threads.ts");
  return new WrapThreads();
}

/**
 * Does what the arguments say. Never throws: what went wrong is printed on stderr.
 *
 * @param args The words after the program's name.
 * @returns The exit code: 0, 1 for a failure, 2 for a mistake on the command line, or the server's.
 */
export async function run(args: readonly string[]): Promise<number> {
  const { ours, command: serverCommand } = splitWrap(args);
  try {
    const plain = plainWrap(ours);
    if (plain !== null && serverCommand !== null) {
      using threads = await threadsFor(plain);
      const { wrap } = await import("./wrap.ts");
      return await wrap(plain, serverCommand, threads);
    }
    const { runProgram } = await import("./run_program.ts");
    return await runProgram(ours, serverCommand);
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
    if (isFromOutside(error)) {
      const path = /: \w+ '(.+)'$/.exec(error.message)?.[1];
      console.error(`error: ${path === undefined ? "" : `${path}: `}${reasonOf(error)}`);
      return 1;
    }
    console.error("AgentGate failed, and it is not your fault:", error);
    return 1;
  }
}
