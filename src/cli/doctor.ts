/**
 * `agentgate doctor`: checks whether AgentGate would run here.
 *
 * @module
 */

import { visible } from "../visible.ts";
import { examine } from "./doctor/checks.ts";
import type { Finding } from "./doctor/finding.ts";
import type { GlobalOptions } from "./options.ts";
import { print } from "./output.ts";

const MARKS: Readonly<Record<Finding["state"], string>> = Object.freeze({
  ok: "  [ok]  ",
  note: "  [--]  ",
  wrong: "  [!!]  ",
});

/**
 * Prints each check as it is done.
 *
 * @returns The exit code: 1 when something is wrong.
 */
export async function doctor(options: GlobalOptions): Promise<number> {
  let healthy = true;
  for await (const { state, text } of examine(options, Deno.env.toObject())) {
    healthy &&= state !== "wrong";
    await print(`${MARKS[state]}${text.split("\n").map(visible).join("\n        ")}\n`);
  }
  await print(
    healthy
      ? "\nAll checks passed.\n"
      : "\nOne or more checks failed. Fix the issues above and re-run `agentgate doctor`.\n",
  );
  return healthy ? 0 : 1;
}
