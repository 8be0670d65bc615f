/**
 * Loads policy files with the packs that they extend, and joins them.
 *
 * @module
 */

import { FileError, reasonOf, UsageError } from "../errors.ts";
import { patternsIn } from "../expr/asks.ts";
import type { Matcher } from "../expr/matcher.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { PatternGroup } from "../patterns/pattern_group.ts";
import { parseToml, tomlError } from "../toml/toml.ts";
import { FileReader } from "./file_reader.ts";
import { mayAskShell, withShell } from "./matchers.ts";
import { readPack } from "./packs.ts";
import { type LoadedRuleFiles, RuleFileLoader } from "./rule_file_loader.ts";
import type { PackSource, Policy, PolicySource, PolicyWarning, Rule, RuleFile } from "./rules.ts";

/** A policy file with what belongs to it. */
export interface LoadedFile {
  readonly reader: FileReader;
  /** Its own rules, then those of its files of secrets. */
  readonly rules: readonly Rule[];
  readonly packs: readonly LoadedFile[];
  readonly ruleFiles: readonly RuleFile[];
  readonly ruleWarnings: readonly PolicyWarning[];
  readonly text: string;
}

/** Bounds of one policy. */
const BOUNDS = Object.freeze({ files: 64, levels: 8 });

const NO_RULE_FILES: LoadedRuleFiles = Object.freeze({
  ...{ rules: [], ruleFiles: [], ruleWarnings: [] },
});

/** Loads the files of one policy; what is wrong with them is gathered. */
export class FileLoader {
  readonly faults: (FileError | UsageError)[] = [];
  readonly #patterns: Patterns;
  readonly #conditionPatterns: PatternGroup;
  #matchers: ReadonlyMap<string, Matcher>;
  readonly #ids = new Map<string, string>();
  readonly #ruleFiles: RuleFileLoader;
  readonly #seen = new Set<string>();

  constructor(
    patterns: Patterns,
    matchers: ReadonlyMap<string, Matcher>,
    /** Whether the texts are of the log: files of secrets are passed over. */
    readonly isRecorded = false,
  ) {
    this.#patterns = patterns;
    this.#conditionPatterns = new PatternGroup(patterns);
    this.#matchers = matchers;
    this.#ruleFiles = new RuleFileLoader(patterns, this.#ids);
  }

  /** Ends the loading. */
  seal(): void {
    this.#conditionPatterns.seal();
  }

  /**
   * Loads a file.
   *
   * @param around Files that extend it, the outermost first.
   * @returns Null for one that is no TOML.
   */
  async load(
    given: PolicySource,
    prefix = "",
    around: readonly string[] = [],
  ): Promise<LoadedFile | null> {
    const { file, text } = given;
    this.#seen.add(file);
    try {
      const document = await parseToml(file, text), within = [...around, file];
      const { packs, problems } = given.packs === undefined
        ? await this.#packs(document.extends, prefix, within)
        : await this.#packsAtHand(given.packs, within);
      const conditions = conditionsOf(document);
      if (conditions.some(mayAskShell)) this.#matchers = await withShell(this.#matchers);
      this.#conditionPatterns.expect(conditions.flatMap(patternsIn));
      const source = { file, prefix, ids: this.#ids };
      const reader = new FileReader(
        ...[source, document, this.#patterns, this.#conditionPatterns, this.#matchers] as const,
      );
      reader.problems.push(...problems);
      const { rules: secretRules, ...ruleFiles } = this.isRecorded
        ? NO_RULE_FILES
        : await this.#ruleFiles.load(reader);
      if (reader.problems.length > 0) {
        this.faults.push(await tomlError(file, text, reader.problems));
      }
      return { reader, rules: [...reader.rules, ...secretRules], packs, text, ...ruleFiles };
    } catch (fault) {
      if (!(fault instanceof FileError)) throw fault;
      this.faults.push(fault);
      return null;
    } finally {
      this.faults.push(...this.#ruleFiles.takeFaults());
    }
  }

  async #packs(extended: unknown, prefix: string, around: readonly string[]) {
    const packs: LoadedFile[] = [], problems: FileReader["problems"] = [];
    for (const [index, name] of [extended].flat().entries()) {
      if (typeof name !== "string") continue;
      try {
        const pack = await readPack(name, around.at(-1)!);
        this.#checkBounds(pack.file, around);
        // One that is extended twice stands where it was first.
        if (this.#seen.has(pack.file)) continue;
        const loaded = await this.load(pack, `${prefix}${pack.name}/`, around);
        if (loaded !== null) packs.push(loaded);
      } catch (fault) {
        if (!(fault instanceof UsageError)) throw fault;
        const message = reasonOf(fault);
        const path = Array.isArray(extended) ? ["extends", index] : ["extends"];
        problems.push({ path, part: "value", message });
      }
    }
    return { packs, problems };
  }

  async #packsAtHand(sources: readonly PackSource[], around: readonly string[]) {
    const packs: LoadedFile[] = [];
    for (const source of sources) {
      const loaded = await this.load(source, source.prefix, around);
      if (loaded !== null) packs.push(loaded);
    }
    return { packs, problems: [] };
  }

  #checkBounds(file: string, around: readonly string[]): void {
    if (around.includes(file)) {
      throw new UsageError(`${[...around, file].join(" extends ")}: a circle`);
    }
    if (around.length >= BOUNDS.levels) {
      throw new UsageError(`packs extend one another ${BOUNDS.levels} levels deep at most`);
    }
    if (this.#seen.size >= BOUNDS.files) {
      throw new UsageError(`a policy has at most ${BOUNDS.files} files`);
    }
  }
}

/** The conditions of its rules, as far as they are any. */
function conditionsOf({ rules }: Readonly<Record<string, unknown>>): string[] {
  return [rules].flat().flatMap((rule) => {
    const isRule = typeof rule === "object" && rule !== null && "condition" in rule;
    return isRule && typeof rule.condition === "string" ? [rule.condition] : [];
  });
}

/**
 * Joins files, in order, to one policy: the rules of a pack come after those of the file that extends
 * it.
 *
 * @throws {UsageError} when they disagree on the time zone.
 */
export function policyOf(files: readonly LoadedFile[]): Policy {
  const all = files.flatMap(withPacks);
  const zones = new Set(all.flatMap(({ reader: { timezone } }) => timezone ?? []));
  if (zones.size > 1) {
    throw new UsageError(
      `the policy files disagree on metadata.timezone: ${[...zones].join(", ")}`,
    );
  }
  return Object.freeze({
    name: files.map(({ reader }) => reader.name).join(" + "),
    files: files.map(({ reader }) => reader.source.file),
    sources: all.map(({ reader: { source: { file, prefix } }, text }) => ({ file, prefix, text })),
    // One file that says deny is enough: together they must not be laxer than alone.
    defaultAction: files.some((file) => fallbackOf(file) === "deny") ? "deny" : "allow",
    timezone: [...zones][0] ?? "UTC",
    rules: all.flatMap(({ rules }) => rules),
    tests: files.flatMap(({ reader }) => reader.tests),
    packs: files.flatMap(({ packs }) => packs.map((pack) => policyOf([pack]))),
    ruleFiles: all.flatMap(({ ruleFiles }) => ruleFiles),
    namesMethods: all.some(({ reader }) => reader.namesMethods),
    warnings: all.flatMap(warningsOf),
  });
}

function withPacks(file: LoadedFile): readonly LoadedFile[] {
  return [file, ...file.packs.flatMap(withPacks)];
}

/** What a file says of calls that no rule decides; where it says nothing, its packs do. */
function fallbackOf({ reader, packs }: LoadedFile): "allow" | "deny" {
  const inPacks = packs.some((pack) => fallbackOf(pack) === "deny") ? "deny" : "allow";
  return reader.fallback ?? inPacks;
}

function warningsOf({ reader, text, ruleWarnings }: LoadedFile): readonly PolicyWarning[] {
  const { file } = reader.source;
  return [...reader.warnings.map((problem) => ({ file, text, problem })), ...ruleWarnings];
}
