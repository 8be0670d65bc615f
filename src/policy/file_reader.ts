/**
 * Reads one policy file, key by key; what is wrong is noted and reading goes on.
 *
 * @module
 */

import type { Matcher } from "../expr/matcher.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { PatternGroup } from "../patterns/pattern_group.ts";
import { TableReader } from "../toml/table.ts";
import type { TomlProblem } from "../toml/toml.ts";
import { DEFAULTS, EXPECTATIONS, RANGES } from "./file_words.ts";
import { Clock, parseInstant } from "./local_time.ts";
import { readLists } from "./lists_reader.ts";
import { TOOLS_CALL } from "./methods.ts";
import { type FileSource, RuleReader } from "./rule_reader.ts";
import type { PolicyTest, Rule } from "./rules.ts";

/** A policy file, read. */
export class FileReader {
  readonly problems: TomlProblem[] = [];
  /** Things that load, and will not do what they say. */
  readonly warnings: readonly TomlProblem[];
  /** Whether a rule speaks of other methods than calls. */
  readonly namesMethods: boolean;
  /** Whether there is nothing in the file, or nothing but comments. */
  readonly isBlank: boolean;
  readonly name: string;
  readonly fallback: "allow" | "deny" | undefined;
  readonly timezone: string | undefined;
  readonly rules: readonly Rule[];
  readonly tests: readonly PolicyTest[];
  /** Files that `[redaction] rules` names, as they are written. */
  readonly ruleFiles: readonly string[];

  constructor(
    readonly source: FileSource,
    document: Readonly<Record<string, unknown>>,
    patterns: Patterns,
    conditionPatterns: PatternGroup,
    matchers: ReadonlyMap<string, Matcher>,
  ) {
    const { file, ids, prefix } = source;
    const root = new TableReader(document, this.problems);
    // Packs are loaded before, since tests may name their rules.
    root.strings("extends");
    this.isBlank = Object.keys(document).length === 0;
    const metadata = root.subtable("metadata");
    this.name = metadata.string("name") ?? file;
    metadata.string("version");
    this.fallback = metadata.word("default", DEFAULTS);
    this.timezone = this.#timezone(metadata);
    const redaction = root.subtable("redaction");
    this.ruleFiles = redaction.strings("rules") ?? [];
    if (document.redaction !== undefined) redaction.missing("rules", "[redaction]");
    const lists = readLists(root.subtable("lists"), keysOf(document.lists));
    const rules = new RuleReader({
      ...{ file, ids, prefix, patterns, conditionPatterns, matchers, lists },
    });
    this.rules = root.tables("rules").map((table) => rules.read(table)).filter((rule) =>
      rule !== undefined
    );
    this.warnings = rules.warnings;
    this.namesMethods = rules.namesMethods;
    this.tests = root.tables("tests").map((table) => this.#test(table));
    root.noteUnknownKeys();
  }

  #timezone(metadata: TableReader): string | undefined {
    const zone = metadata.string("timezone");
    if (zone === undefined) return undefined;
    try {
      new Clock(zone);
    } catch {
      metadata.problem(["timezone"], "value", `there is no time zone ${JSON.stringify(zone)}`);
    }
    return zone;
  }

  #test(table: TableReader): PolicyTest {
    const method = table.string("method") ?? TOOLS_CALL, isCall = method === TOOLS_CALL;
    for (const key of ["name", "expect", ...isCall ? ["tool"] : []]) table.missing(key, "a test");
    const params = table.jsonTable("params");
    if (isCall && params !== undefined) {
      table.problem(["params"], "key", "a test of a call has arguments, and no params");
    }
    const { file, prefix } = this.source;
    const ownId = (id: string) => id === "default" ? id : `${prefix}${id}`;
    const named = table.string("rule"), rule = named === undefined ? undefined : ownId(named);
    const shadow = table.list("shadow")?.map(ownId);
    if (rule !== "default") this.#checkRules(table, "rule", rule === undefined ? [] : [rule]);
    this.#checkRules(table, "shadow", shadow ?? []);
    return {
      name: `${prefix}${table.string("name") ?? ""}`,
      method,
      tool: table.string("tool") ?? "",
      params,
      arguments: table.jsonTable("arguments"),
      expect: table.word("expect", EXPECTATIONS) ?? "allow",
      rule,
      server: table.string("server"),
      agent: table.string("agent"),
      time: this.#time(table),
      calls: table.integer("calls", RANGES.testCalls) ?? 1,
      result: table.json("result"),
      shadow,
      expectArguments: table.json("expect_arguments"),
      expectResult: table.json("expect_result"),
      file,
    };
  }

  /** Notes the ids that no rule has. */
  #checkRules(table: TableReader, key: string, ids: readonly string[]): void {
    const known = this.source.ids;
    for (const id of ids.filter((id) => !known.has(id))) {
      const guess = { typed: id, words: [...known.keys()] };
      table.problem([key], "value", `there is no rule ${JSON.stringify(id)}`, { guess });
    }
  }

  #time(table: TableReader): number | undefined {
    const text = table.json("time");
    if (text === undefined) return undefined;
    const time = typeof text === "string" ? parseInstant(text) : undefined;
    if (time !== undefined) return time;
    table.problem(["time"], "value", `time must be like "2026-04-03T09:01:12Z"`);
    return undefined;
  }
}

function keysOf(table: unknown): readonly string[] {
  return typeof table === "object" && table !== null ? Object.keys(table) : [];
}
