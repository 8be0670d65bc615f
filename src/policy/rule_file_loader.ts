/**
 * Loads the files of rules that policy files name: each becomes one redact rule, for all tools, both
 * ways.
 *
 * @module
 */

import { FileError, reasonOf, UsageError } from "../errors.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { Redaction } from "../redaction/redaction.ts";
import type { SecretRules } from "../redaction/secret_rules.ts";
import { readTextFile } from "../text_file.ts";
import { parseToml, tomlError } from "../toml/toml.ts";
import type { FileReader } from "./file_reader.ts";
import { TOOLS_CALL } from "./methods.ts";
import { namesLike } from "./names.ts";
import { usedFilePath } from "./used_files.ts";
import type { PolicyWarning, RedactRule, RuleFile } from "./rules.ts";
import { SecretRulesReader } from "./secret_rules_reader.ts";

/** What the files that one policy file names come to. */
export interface LoadedRuleFiles {
  readonly rules: readonly RedactRule[];
  readonly ruleFiles: readonly RuleFile[];
  readonly ruleWarnings: readonly PolicyWarning[];
}

/** Loads the files of one policy, each once. */
export class RuleFileLoader {
  readonly #faults: FileError[] = [];
  readonly #patterns: Patterns;
  readonly #ids: Map<string, string>;
  readonly #seen = new Set<string>();

  /** @param ids Ids of rules so far, and their files. */
  constructor(patterns: Patterns, ids: Map<string, string>) {
    this.#patterns = patterns;
    this.#ids = ids;
  }

  /** Loads what a policy file names; what cannot be read is noted there, or in {@link takeFaults}. */
  async load(policy: FileReader): Promise<LoadedRuleFiles> {
    const rules: RedactRule[] = [], ruleFiles: RuleFile[] = [], ruleWarnings: PolicyWarning[] = [];
    for (const name of policy.ruleFiles) {
      const file = usedFilePath(policy.source.file, name);
      if (this.#seen.has(file)) continue;
      this.#seen.add(file);
      try {
        const { secretRules, count, warnings } = await this.#read(file);
        rules.push(redactRule(this.#idFor(name, file), secretRules, this.#patterns));
        ruleFiles.push({ file, rules: count });
        ruleWarnings.push(...warnings);
      } catch (fault) {
        if (fault instanceof FileError) this.#faults.push(fault);
        else if (fault instanceof UsageError) {
          const message = reasonOf(fault);
          policy.problems.push({ path: ["redaction", "rules"], part: "value", message });
        } else throw fault;
      }
    }
    return { rules, ruleFiles, ruleWarnings };
  }

  /** Files that do not load, each told once. */
  takeFaults(): readonly FileError[] {
    return this.#faults.splice(0);
  }

  async #read(file: string) {
    const text = await readTextFile(file, "file of rules");
    if (text === null) throw new UsageError(`cannot read the file of rules ${file}: no such file`);
    const reader = new SecretRulesReader(await parseToml(file, text), this.#patterns);
    if (reader.rules === null) throw await tomlError(file, text, reader.problems);
    const warnings = reader.warnings.map((problem) => ({ file, text, problem }));
    return { secretRules: reader.rules, count: reader.count, warnings };
  }

  #idFor(name: string, file: string): string {
    const short = `redaction:${name}`, id = this.#ids.has(short) ? `redaction:${file}` : short;
    this.#ids.set(id, file);
    return id;
  }
}

function redactRule(id: string, secretRules: SecretRules, patterns: Patterns): RedactRule {
  return {
    ...{ id, action: "redact", mode: "enforce", on: "both" },
    ...{ methods: namesLike([TOOLS_CALL]), tools: namesLike(["*"]), servers: namesLike(["*"]) },
    ...{ condition: null, message: null, numbers: undefined, readsResult: false },
    redaction: new Redaction(null, [], "[REDACTED]", patterns, secretRules),
  };
}
