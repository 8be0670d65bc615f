/**
 * Policy files in, a checked {@link Policy} out; or every problem of every file, each with its place.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { Matcher } from "../expr/matcher.ts";
import { readTextFile } from "../text_file.ts";
import { tomlError } from "../toml/toml.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { FileLoader, type LoadedFile, policyOf } from "./file_loader.ts";
import { matchersHere } from "./matchers.ts";
import type { Policy, PolicySource, PolicyWarning } from "./rules.ts";

export type { PolicySource } from "./rules.ts";

/** How policies are read besides their texts. */
export interface LoadOptions {
  /** `[policy] resolve_paths`: whether servers see this file system. */
  readonly resolvePaths?: boolean;
  /** Functions of conditions; by default, those of a server that runs here. */
  readonly matchers?: ReadonlyMap<string, Matcher>;
  /**
   * Whether the texts are of the log: they did load, so what is left of them may say nothing, and
   * `[redaction] rules` is passed over, since what redacts decides nothing.
   */
  readonly isRecorded?: boolean;
}

/**
 * Reads policy files from the disk, in order, as one policy.
 *
 * @throws {FileError} with all problems; {UsageError} for a file that cannot be read.
 */
export async function loadPolicy(
  files: readonly string[],
  patterns: Patterns,
  options: LoadOptions = {},
): Promise<Policy> {
  return parsePolicy(await readSources(files), patterns, options);
}

/** The same for texts that are at hand. */
export async function parsePolicy(
  sources: readonly PolicySource[],
  patterns: Patterns,
  options: LoadOptions = {},
): Promise<Policy> {
  const { resolvePaths = true, isRecorded = false } = options;
  const matchers = options.matchers ?? matchersHere(resolvePaths);
  const loader = new FileLoader(patterns, matchers, isRecorded);
  const files: LoadedFile[] = [];
  for (const source of sources) {
    const file = await loader.load(source);
    if (file !== null) files.push(file);
  }
  loader.seal();
  const { faults } = loader;
  const none = faults.length > 0 || isRecorded
    ? undefined
    : sources.find((_, i) => isNone(files, i));
  if (none !== undefined) {
    faults.push(await tomlError(none.file, none.text, [{ path: [], part: "key", message: NONE }]));
  }
  if (faults.length > 1) throw new UsageError(faults.map(({ message }) => message).join("\n"));
  if (faults.length === 1) throw faults[0]!;
  return policyOf(files);
}

/** The warnings of a policy, each with its place and its line. */
export async function warningTexts(warnings: readonly PolicyWarning[]): Promise<string[]> {
  const errors = warnings.map(({ file, text, problem }) => tomlError(file, text, [problem]));
  return (await Promise.all(errors)).map(({ message }) => message);
}

const NONE = "this is no policy: it has no rules and no default; write [[rules]], " +
  'or default = "allow" (or "deny") under [metadata]';

/**
 * Whether a file says nothing, as one does that was emptied or cut off while it was written; or, for
 * the first of them, whether all together say nothing.
 */
function isNone(files: readonly LoadedFile[], index: number): boolean {
  const decides = ({ rules, packs, reader }: LoadedFile) =>
    rules.length + packs.length > 0 || reader.fallback !== undefined;
  return files[index]!.reader.isBlank || index === 0 && !files.some(decides);
}

/**
 * Reads the texts of policy files.
 *
 * @throws {UsageError} for a file that cannot be read.
 */
export function readSources(files: readonly string[]): Promise<PolicySource[]> {
  return Promise.all(files.map(readSource));
}

async function readSource(file: string): Promise<PolicySource> {
  const text = await readTextFile(file, "policy file");
  if (text === null) throw new UsageError(`cannot read the policy file ${file}: no such file`);
  return { file, text };
}
