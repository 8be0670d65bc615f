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
import { ruleFilePath } from "./rule_files.ts";
import type { PolicyWarning, RedactRule, RuleFile } from "./rules.ts";
import { SecretRulesReader } from "./secret_rules_reader.ts";

/** Loads the files of one policy, each once. */
export class RuleFileLoader {
  readonly loaded: RuleFile[] = [];
  readonly warnings: PolicyWarning[] = [];
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
  async load(policy: FileReader): Promise<readonly RedactRule[]> {
    const rules: RedactRule[] = [];
    for (const name of policy.ruleFiles) {
      const file = ruleFilePath(policy.file, name);
      if (this.#seen.has(file)) continue;
      this.#seen.add(file);
      try {
        const secretRules = await this.#read(file);
        rules.push(redactRule(this.#idFor(name, file), secretRules, this.#patterns));
      } catch (fault) {
        if (fault instanceof FileError) this.#faults.push(fault);
        else if (fault instanceof UsageError) {
          const message = reasonOf(fault);
          policy.problems.push({ path: ["redaction", "rules"], part: "value", message });
        } else throw fault;
      }
    }
    return rules;
  }

  /** Files that do not load, each told once. */
  takeFaults(): readonly FileError[] {
    return this.#faults.splice(0);
  }

  async #read(file: string): Promise<SecretRules> {
    const text = await readTextFile(file, "file of rules");
    if (text === null) throw new UsageError(`cannot read the file of rules ${file}: no such file`);
    const reader = new SecretRulesReader(await parseToml(file, text), this.#patterns);
    if (reader.rules === null) throw await tomlError(file, text, reader.problems);
    this.loaded.push({ file, rules: reader.count });
    this.warnings.push(...reader.warnings.map((problem) => ({ file, text, problem })));
    return reader.rules;
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
