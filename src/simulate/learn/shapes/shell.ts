/**
 * Commands, by the programs that they run.
 *
 * @module
 */

import type { Matcher } from "../../../expr/matcher.ts";
import { isLiteral, oneOf } from "../literal.ts";
import type { Scalar, Shape, ShapeWatch } from "./shape.ts";

const MAX_PROGRAMS = 32;

/** Arguments that hold commands; any text at all can be read as one. */
const COMMAND = /^(shell_?)?(command|commands|cmd|command_?line|script|bash|shell)$/i;

/** Whether an argument of that name holds commands. */
export function isCommandName(name: string): boolean {
  return COMMAND.test(name);
}

/** Watches for the programs that are run. */
export class Programs implements ShapeWatch {
  readonly #shell: Matcher;
  readonly #programs = new Set<string>();
  /** Whether some of them were sent to a file. */
  #writes = false;

  /** @param shell What conditions read commands with. */
  constructor(shell: Matcher) {
    this.#shell = shell;
  }

  add(value: Scalar): boolean {
    if (typeof value !== "string") return false;
    const { values, isSure } = this.#shell.read(value, "programs", { lookups: 0 });
    if (!isSure || values.length === 0 || !values.every(isLiteral)) return false;
    for (const program of values) this.#programs.add(String(program));
    const writes = this.#shell.read(value, "writes", { lookups: 0 });
    this.#writes ||= !writes.isSure || writes.values.length > 0;
    return this.#programs.size <= MAX_PROGRAMS;
  }

  shape(): Shape {
    const programs = [...this.#programs].sort(), writes = this.#writes;
    const none = (place: string) => ` and not shell(${place}).writes matches '.'`;
    return {
      words: `runs ${programs.join(", ")}${writes ? "" : ", into no file"}`,
      condition: (place) =>
        oneOf(`shell(${place}).programs`, programs) + (writes ? "" : none(place)),
      outside: "program-never-seen",
    };
  }
}
