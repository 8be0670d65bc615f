/**
 * Policy files in, a checked {@link Policy} out; or every problem of every file, each with its place.
 *
 * @module
 */

import { FileError, UsageError } from "../errors.ts";
import { readTextFile } from "../text_file.ts";
import { parseToml, tomlError } from "../toml/toml.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { FileReader } from "./file_reader.ts";
import { RuleFileLoader } from "./rule_file_loader.ts";
import type { Policy, PolicyWarning, Rule } from "./rules.ts";

/** A file and its text. */
export interface PolicySource {
  readonly file: string;
  readonly text: string;
}

/**
 * Reads policy files from the disk, in order, as one policy.
 *
 * @throws {FileError} with all problems; {UsageError} for a file that cannot be read.
 */
export async function loadPolicy(
  files: readonly string[],
  patterns: Patterns,
): Promise<Policy> {
  return parsePolicy(await Promise.all(files.map(readSource)), patterns);
}

/** The same for texts that are at hand. */
export async function parsePolicy(
  sources: readonly PolicySource[],
  patterns: Patterns,
): Promise<Policy> {
  const faults: FileError[] = [];
  const readers: FileReader[] = [], rules: Rule[] = [];
  const ids = new Map<string, string>(), ruleFiles = new RuleFileLoader(patterns, ids);
  for (const { file, text } of sources) {
    try {
      const reader = new FileReader(file, await parseToml(file, text), patterns, ids);
      readers.push(reader);
      rules.push(...reader.rules, ...await ruleFiles.load(reader));
      if (reader.problems.length > 0) faults.push(await tomlError(file, text, reader.problems));
    } catch (fault) {
      if (!(fault instanceof FileError)) throw fault;
      faults.push(fault);
    }
    faults.push(...ruleFiles.takeFaults());
  }
  const none = faults.length > 0 ? undefined : sources.find((_, i) => isNone(readers, i));
  if (none !== undefined) {
    faults.push(await tomlError(none.file, none.text, [{ path: [], part: "key", message: NONE }]));
  }
  const zones = new Set(
    readers.map(({ timezone }) => timezone).filter((zone) => zone !== undefined),
  );
  if (faults.length > 1) throw new UsageError(faults.map(({ message }) => message).join("\n"));
  if (faults.length === 1) throw faults[0]!;
  if (zones.size > 1) {
    throw new UsageError(
      `the policy files disagree on metadata.timezone: ${[...zones].join(", ")}`,
    );
  }
  return Object.freeze({
    name: readers.map(({ name }) => name).join(" + "),
    files: sources.map(({ file }) => file),
    // One file that says deny is enough: together they must not be laxer than alone.
    defaultAction: readers.some(({ fallback }) => fallback === "deny") ? "deny" : "allow",
    timezone: [...zones][0] ?? "UTC",
    rules,
    tests: readers.flatMap(({ tests }) => tests),
    ruleFiles: ruleFiles.loaded,
    namesMethods: readers.some(({ namesMethods }) => namesMethods),
    warnings: [
      ...readers.flatMap(({ warnings }, i) =>
        warnings.map((problem) => ({ ...sources[i]!, problem }))
      ),
      ...ruleFiles.warnings,
    ],
  });
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
function isNone(readers: readonly FileReader[], index: number): boolean {
  const decides = ({ rules, ruleFiles, fallback }: FileReader) =>
    rules.length + ruleFiles.length > 0 || fallback !== undefined;
  return readers[index]!.isBlank || index === 0 && !readers.some(decides);
}

async function readSource(file: string): Promise<PolicySource> {
  const text = await readTextFile(file, "policy file");
  if (text === null) throw new UsageError(`cannot read the policy file ${file}: no such file`);
  return { file, text };
}
