/**
 * What the commands of the program are made with.
 *
 * @module
 */

import { InvalidArgumentError } from "commander";

/** Surroundings that the commands are run in. */
export interface ProgramContext {
  /** The words after the first `--`; null when there is no `--`. */
  readonly serverCommand: readonly string[] | null;
  /** Takes the exit code of the command that ran. */
  readonly finish: (exitCode: number) => void;
}

/** Text of a help page's end: command lines to try. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

/** Collects the values of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, notEmpty(value)];
}

/** The value of an option. @throws {InvalidArgumentError} when it is empty. */
export function notEmpty(value: string): string {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  return value;
}
