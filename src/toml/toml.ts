/**
 * TOML for files that people write: values on the normal path, and on the other one every problem
 * with its line, its column and the line itself.
 *
 * Modules that only a faulty file needs are imported only then: start-up time is the user's.
 *
 * @module
 */

import { parse, TomlError } from "smol-toml";
import { FileError, type FileProblem } from "../errors.ts";
import { visible } from "../visible.ts";
import type { TomlPart, TomlPath } from "./path.ts";

/** A parsed table. Integers are `bigint`, so that `5` and `5.0` stay two things. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** Something wrong with a value that is TOML, but not what was asked for. */
export interface TomlProblem {
  readonly path: TomlPath;
  readonly part: TomlPart;
  /** A sentence without a full stop. */
  readonly message: string;
  /** When the problem is inside a string value: where, in UTF-16 units of the string. */
  readonly offset?: number;
  /** When the problem is a wrong word: the word, and the right ones to guess from. */
  readonly guess?: { readonly typed: string; readonly words: readonly string[] };
}

/**
 * Parses a whole document.
 *
 * @param file The path to name in an error.
 * @returns The table at the top.
 * @throws {FileError} on a syntax error: the first one, since what follows it cannot be trusted.
 */
export async function parseToml(file: string, text: string): Promise<TomlTable> {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = (error.message.split("\n", 1)[0] ?? "") + hintFor(text, error.line);
    throw await fileError(file, text, [{ line: error.line, column: error.column, message }]);
  }
}

/** The table at the top of a document; undefined when it is no TOML. */
export function tableIn(text: string): TomlTable | undefined {
  try {
    return parse(text, { integersAsBigInt: true });
  } catch {
    return undefined;
  }
}

/** The commonest slip: a backslash in a string that takes it for the beginning of an escape. */
const UNKNOWN_ESCAPE = /\\[^btnfre"\\uUx\s]/;

function hintFor(text: string, line: number): string {
  const source = text.split(/\r?\n/)[line - 1] ?? "";
  if (!UNKNOWN_ESCAPE.test(source)) return "";
  return "; between \" a backslash begins an escape: write '…' (or '''…''') instead, or each \\ twice";
}

/**
 * Turns what is wrong with the values of a document into one error.
 *
 * @returns The error, its problems in the order of the file.
 */
export async function tomlError(
  file: string,
  text: string,
  problems: readonly TomlProblem[],
): Promise<FileError> {
  const { locateIn, positionInString } = await import("./positions.ts");
  const { nearest } = await import("../nearest.ts");
  const locate = locateIn(text);
  const placed = problems.map(({ path, part, message, guess, offset }) => {
    const near = guess && nearest(guess.typed, guess.words);
    const start = locate(path, part);
    return {
      ...(offset === undefined ? start : positionInString(text, start, offset)),
      message: near === undefined ? message : `${message}; did you mean "${near}"?`,
    };
  });
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  return fileError(file, text, placed);
}

async function fileError(
  file: string,
  text: string,
  problems: readonly FileProblem[],
): Promise<FileError> {
  const rendered = await Promise.all(problems.map((p) => renderProblem(file, text, p)));
  return new FileError(rendered.join("\n"), file, problems);
}

/**
 * Renders a problem for a person.
 *
 * @returns `path:line:column: message`, the line, and a caret below the column.
 */
export async function renderProblem(
  file: string,
  text: string,
  problem: FileProblem,
): Promise<string> {
  const { line, column, message } = problem;
  const source = text.split(/\r?\n/)[line - 1] ?? "";
  const gutter = String(line).padStart(5);
  const indent = " ".repeat(await printedWidth(source.slice(0, column - 1)));
  return [
    `${visible(file)}:${line}:${column}: ${visible(message)}`,
    `${gutter} | ${printed(source)}`,
    `${" ".repeat(gutter.length)} | ${indent}^`,
  ].join("\n");
}

/** A tab is one space here, so that the caret's place does not depend on the terminal. */
const printed = (source: string): string => visible(source.replaceAll("\t", " "));

async function printedWidth(source: string): Promise<number> {
  const { default: stringWidth } = await import("string-width");
  return stringWidth(printed(source));
}
