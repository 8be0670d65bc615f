/**
 * Reads a file of rules for secrets in the format of gitleaks (version 8, its `config` package).
 *
 * What is about files and commits has no meaning for messages: a rule for files alone and an allowlist
 * of files alone are left out, with a warning.
 *
 * @module
 */

import type { PatternError } from "../expr/checker.ts";
import type { Patterns, RustPattern } from "../patterns/pattern.ts";
import { fromGo } from "../patterns/go_syntax.ts";
import {
  type Allowlist,
  type Required,
  type SecretRule,
  SecretRules,
} from "../redaction/secret_rules.ts";
import type { TomlPath } from "../toml/path.ts";
import type { TomlProblem, TomlTable } from "../toml/toml.ts";
import { LooseTable, Notes } from "./loose_table.ts";

/** A rule whose allowlists grow by those that name it from elsewhere. */
interface Draft extends SecretRule {
  readonly allowlists: Allowlist[];
}

/** A file of rules, read. */
export class SecretRulesReader {
  readonly problems: readonly TomlProblem[];
  /** Things that load, and will not do what they say. */
  readonly warnings: readonly TomlProblem[];
  /** Rules that redact. */
  readonly count: number;
  /** Null when there are problems. */
  readonly rules: SecretRules | null;
  readonly #notes = new Notes();
  readonly #patterns: Patterns;
  readonly #requirements: { readonly table: LooseTable; readonly rule: string }[] = [];
  /** Every id of the file, also of rules that are left out. */
  readonly #ids = new Set<string>();
  /** Whether the file changes the rules of another one, which is not read. */
  readonly #extends: boolean;

  constructor(document: TomlTable, patterns: Patterns) {
    this.#patterns = patterns;
    const root = new LooseTable(document, this.#notes);
    root.ignore("title", "description", "minVersion");
    this.#extends = warnOfExtending(root);
    const rules = new Map<string, Draft>();
    for (const table of root.tables("rules")) {
      const rule = this.#rule(table);
      if (rule !== undefined) rules.set(rule.id, rule);
    }
    const allowlists = this.#globalAllowlists(root, rules);
    this.#checkRequirements(rules);
    root.warnOfUnknownKeys();
    const { problems, warnings } = this.#notes;
    const count = this.count = [...rules.values()].filter(({ isHelper }) => !isHelper).length;
    if (count === 0 && problems.length === 0) {
      root.problem(null, "no rule in this file redacts anything: it needs [[rules]] with a regex");
    }
    this.rules = problems.length > 0
      ? null
      : new SecretRules([...rules.values()], allowlists, patterns);
    this.problems = problems;
    this.warnings = warnings;
  }

  /** Reads a rule; undefined for one that redacts nothing. */
  #rule(table: LooseTable): Draft | undefined {
    table.ignore("description", "tags");
    const id = table.string("id")?.trim() ?? "", regex = table.string("regex");
    const secretGroup = table.integer("secretGroup"), path = table.string("path");
    const rule = {
      ...{ id, entropy: table.number("entropy") },
      keywords: table.strings("keywords").map((word) => word.toLowerCase()),
      allowlists: this.#allowlists(table),
      required: this.#required(table),
      isHelper: table.boolean("skipReport"),
    };
    if (id === "") table.problem(null, `a rule needs the key "id"`);
    else if (this.#ids.has(id)) {
      table.warning("id", `the id ${JSON.stringify(id)} is used twice: the last rule counts`);
    }
    this.#ids.add(id);
    if (regex === undefined) {
      this.#noteWithoutRegex(table, path !== undefined);
      return undefined;
    }
    if (path !== undefined) {
      table.warning("path", "path is not looked at, since a text has none: the regex is for all");
    }
    const pattern = this.#regex(table, "regex", regex, table.pathTo("regex"), secretGroup);
    if (pattern === undefined) return undefined;
    if (pattern.test("")) {
      table.problem("regex", "the regex matches the empty text, and so everything");
    }
    return { ...rule, pattern };
  }

  /** Reads what a rule requires near; the rules that it names are looked up at the end. */
  #required(table: LooseTable): Required[] {
    return table.tables("required").flatMap((table) => {
      const rule = table.string("id");
      const within = (key: string) => table.has(key) ? table.integer(key) : undefined;
      const required = {
        withinLines: within("withinLines"),
        withinColumns: within("withinColumns"),
      };
      if (rule === undefined) {
        table.problem(null, `required needs the key "id"`);
        return [];
      }
      this.#requirements.push({ table, rule });
      return [{ rule, ...required }];
    });
  }

  /** Notes requirements of rules that are not there: what asks for them finds nothing. */
  #checkRequirements(rules: ReadonlyMap<string, Draft>): void {
    for (const { table, rule } of this.#requirements.filter(({ rule }) => !rules.has(rule))) {
      const isKnown = this.#ids.has(rule);
      const message = `the required rule ${JSON.stringify(rule)} ${
        isKnown ? "finds nothing" : "is not there"
      }`;
      if (isKnown || this.#extends) table.warning("id", message);
      else table.problem("id", message);
    }
  }

  #noteWithoutRegex(table: LooseTable, hasPath: boolean): void {
    if (hasPath) {
      table.warning(
        "path",
        "the rule is for files alone (a path and no regex): it redacts nothing and is left out",
      );
    } else if (this.#extends) {
      table.warning("id", "the rule changes one of the rules that are not here: it is left out");
    } else table.problem(null, `a rule needs the key "regex"`);
  }

  /** The allowlists of a rule, in both spellings that there are. */
  #allowlists(table: LooseTable): Allowlist[] {
    if (table.has("allowlist") && table.has("allowlists")) {
      table.problem("allowlist", "allowlist is the old word for allowlists: use one of them", {
        part: "key",
      });
    }
    return [...table.tables("allowlist"), ...table.tables("allowlists")]
      .map((list) => this.#allowlist(list)).filter((list) => list !== undefined);
  }

  /** Those of the whole file; the ones with targetRules go to these rules. */
  #globalAllowlists(root: LooseTable, rules: ReadonlyMap<string, Draft>): Allowlist[] {
    const forAll: Allowlist[] = [];
    if (root.has("allowlist") && root.has("allowlists")) {
      root.problem("allowlist", "allowlist is the old word for allowlists: use one of them", {
        part: "key",
      });
    }
    for (const table of [...root.tables("allowlist"), ...root.tables("allowlists")]) {
      const targets = table.strings("targetRules"), list = this.#allowlist(table);
      for (const id of targets.filter((id) => !this.#ids.has(id))) {
        const message = `there is no rule ${JSON.stringify(id)}`;
        if (this.#extends) table.warning("targetRules", message);
        else table.problem("targetRules", message);
      }
      if (list === undefined) continue;
      if (targets.length === 0) forAll.push(list);
      for (const id of targets) rules.get(id)?.allowlists.push(list);
    }
    return forAll;
  }

  /** Reads an allowlist; undefined for one that lets nothing pass. */
  #allowlist(table: LooseTable): Allowlist | undefined {
    table.ignore("description");
    const needsAll = this.#needsAll(table), target = table.string("regexTarget") ?? "secret";
    if (target !== "secret" && target !== "match" && target !== "line") {
      table.problem("regexTarget", `regexTarget must be "secret", "match" or "line"`);
      return undefined;
    }
    const patterns = table.strings("regexes").map((regex, index) =>
      this.#regex(table, "regexes", regex, [...table.pathTo("regexes"), index])
    ).filter((pattern) => pattern !== undefined);
    const stopwords = table.strings("stopwords").map((word) => word.toLowerCase());
    const hasFiles = table.strings("paths").length + table.strings("commits").length > 0;
    const isEmpty = table.strings("regexes").length + stopwords.length === 0;
    if (isEmpty && !hasFiles) {
      table.problem(null, "an allowlist needs regexes or stopwords (or paths, or commits)");
    } else if (isEmpty || needsAll && hasFiles) {
      table.warning(
        null,
        "the allowlist asks for paths or commits, which a text has not: " +
          "it lets nothing pass",
      );
    } else return { needsAll, target, patterns, stopwords };
    return undefined;
  }

  #needsAll(table: LooseTable): boolean {
    const condition = table.string("condition") ?? "OR";
    switch (condition.toUpperCase()) {
      case "AND":
      case "&&":
        return true;
      case "OR":
      case "||":
        return false;
    }
    table.problem("condition", `condition must be "AND" or "OR"`);
    return false;
  }

  #regex(
    table: LooseTable,
    key: string,
    source: string,
    path: TomlPath,
    group = 0,
  ): RustPattern | undefined {
    const translated = fromGo(source, group), compiled = this.#compiled(translated.source);
    if ("message" in compiled) {
      const { message, offset } = translated.placed(compiled);
      this.#notes.problems.push({ path, part: "value", message, offset });
      return undefined;
    }
    if (group <= translated.groups) return compiled;
    const { groups } = translated;
    table.problem("secretGroup", `there is no group ${group}: the ${key} has ${groups}`);
    return undefined;
  }

  /**
   * Compiles a pattern without Unicode, where it needs none: it is half as large. What it loses are two
   * letters that fold to ASCII, the sign of Kelvin and the long s.
   */
  #compiled(source: string): RustPattern | PatternError {
    const isAscii = !/[^\0-\x7f]/.test(source);
    const small = isAscii ? this.#patterns.compile(`(?-u)${source}`) : undefined;
    return small === undefined || "message" in small ? this.#patterns.compile(source) : small;
  }
}

/** Reads `[extend]`: whether there is something that the file extends. */
function warnOfExtending(root: LooseTable): boolean {
  let isExtending = false;
  for (const table of root.tables("extend")) {
    table.ignore("disabledRules");
    const usesDefault = table.boolean("useDefault");
    if (usesDefault) {
      table.warning(
        "useDefault",
        "gitleaks' own rules are not here: only the rules of this file redact. " +
          `For AgentGate's detectors, write detect = ["secrets"] in a redact rule`,
      );
    }
    for (const key of ["path", "url"]) {
      if (table.string(key) === undefined) continue;
      isExtending = true;
      table.warning(key, "the other file is not read: its rules redact nothing; copy them here");
    }
    isExtending ||= usesDefault;
  }
  return isExtending;
}
