/**
 * Reads the rules of a policy file.
 *
 * @module
 */

import { asksFor } from "../expr/asks.ts";
import { compileCondition } from "../expr/condition.ts";
import type { Lists } from "../expr/lists.ts";
import type { Matcher } from "../expr/matcher.ts";
import type { Root } from "../expr/roots.ts";
import { nearest } from "../nearest.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { PatternGroup } from "../patterns/pattern_group.ts";
import { DETECTOR_NAMES } from "../redaction/detectors.ts";
import { Redaction } from "../redaction/redaction.ts";
import { isPolicyHit } from "../session/hits.ts";
import type { TableReader } from "../toml/table.ts";
import type { TomlProblem } from "../toml/toml.ts";
import { type CallEnv, METHOD_ROOTS, REDACTING_ROOTS, ROOTS } from "./env.ts";
import { ACTIONS, MODES, NUMBER_TREATMENTS, RANGES, REDACTED_SIDES } from "./file_words.ts";
import { TOOLS_CALL } from "./methods.ts";
import { GlobError, isGlob, type NameMatcher, namesLike } from "./names.ts";
import type { Rule } from "./rules.ts";
import { whyNoTool } from "./tool_names.ts";

/** A policy file, and what it is read beside. */
export interface FileSource {
  readonly file: string;
  /** Stands before the ids of its rules and the names of its tests: `pack/`, or nothing. */
  readonly prefix: string;
  /** Ids seen so far, and their files. */
  readonly ids: Map<string, string>;
}

/** The same, and what the conditions of its rules may use. */
export interface RuleSource extends FileSource {
  readonly patterns: Patterns;
  /** Those of conditions, which are searched for together. */
  readonly conditionPatterns: PatternGroup;
  readonly matchers: ReadonlyMap<string, Matcher>;
  readonly lists: Lists;
}

/** Reads one `[[rules]]` entry after the other. */
export class RuleReader {
  /** Things that load, and will not do what they say. */
  readonly warnings: TomlProblem[] = [];
  /** Whether a rule speaks of other methods than calls. */
  namesMethods = false;

  readonly #source: RuleSource;

  constructor(source: RuleSource) {
    this.#source = source;
  }

  /** Reads a rule; undefined for one that is wrong, which is noted in its table. */
  read(table: TableReader): Rule | undefined {
    for (const key of ["id", "action"]) table.missing(key, "a rule");
    const id = this.#id(table), tools = table.strings("tool");
    const methods = this.#methods(table, tools);
    if (methods === undefined) table.missing("tool", "a rule");
    for (const [index, name] of (tools ?? []).entries()) this.#checkTool(table, name, index);
    const action = table.word("action", ACTIONS);
    const base = {
      id,
      methods: this.#names(table, "method", methods ?? [TOOLS_CALL]),
      tools: this.#names(table, "tool", tools ?? ["*"]),
      servers: this.#names(table, "server", table.strings("server") ?? ["*"]),
      condition: this.#condition(table, rootsFor(action, methods)),
      mode: table.word("mode", MODES) ?? "enforce",
      message: table.string("message") ?? null,
    } as const;
    if (methods !== undefined) noteUnfit(table, action, base.mode);
    switch (action) {
      case "allow":
      case "deny":
        return { ...base, action };
      case "rate_limit": {
        for (const key of ["max_calls", "window_seconds"]) table.missing(key, "a rate_limit rule");
        const maxCalls = table.integer("max_calls", RANGES.maxCalls);
        const seconds = table.integer("window_seconds", RANGES.windowSeconds);
        if (maxCalls === undefined || seconds === undefined) return undefined;
        return { ...base, action, maxCalls, windowMs: seconds * 1000 };
      }
      case "redact":
        return this.#redactRule(table, { ...base, action });
      case undefined:
        // What the keys of the other actions mean cannot be told: they are not reported.
        table.ignoreRest();
        return undefined;
    }
  }

  #id(table: TableReader): string {
    const { ids, file, prefix } = this.#source;
    const own = table.string("id") ?? "", id = own === "" ? "" : `${prefix}${own}`;
    if (isPolicyHit(id)) {
      table.problem(
        ["id"],
        "value",
        `the id ${JSON.stringify(id)} is AgentGate's own; take another`,
      );
    }
    const other = ids.get(id);
    if (id !== "" && other !== undefined) {
      const where = other === file ? "this file" : other;
      table.problem(["id"], "value", `the id ${JSON.stringify(id)} is used twice (in ${where})`);
    }
    ids.set(id, file);
    return id;
  }

  /** Methods that a rule names; undefined when it does not, and speaks of calls. */
  #methods(table: TableReader, tools: unknown): readonly string[] | undefined {
    const methods = table.strings("method");
    if (methods === undefined) return undefined;
    this.namesMethods = true;
    if (tools !== undefined && !methods.some((method) => isGlob(method) || method === TOOLS_CALL)) {
      table.problem(["tool"], "key", "only tools/call has a tool: remove tool, or method");
    }
    return methods;
  }

  #checkTool(table: TableReader, name: string, index: number): void {
    if (name !== name.trim()) {
      table.problem(["tool"], "value", `${JSON.stringify(name)} has blanks at an end`);
      return;
    }
    const message = whyNoTool(name);
    if (message !== undefined) {
      this.warnings.push({ path: [...table.path, "tool", index], part: "value", message });
    }
  }

  #names(table: TableReader, key: string, globs: readonly string[]): NameMatcher {
    try {
      return namesLike(globs);
    } catch (fault) {
      if (!(fault instanceof GlobError)) throw fault;
      table.problem([key], "value", fault.message);
      return () => false;
    }
  }

  #condition(table: TableReader, roots: readonly Root<CallEnv>[]) {
    const source = table.string("condition");
    if (source === undefined) return null;
    const { conditionPatterns: { compile }, matchers, lists } = this.#source;
    const terms = { roots, patterns: compile, suggest: nearest, matchers, lists };
    const compiled = compileCondition<CallEnv>(source, terms);
    if (compiled.ok) return compiled.condition;
    for (const { message, offset } of compiled.errors) {
      table.problem(["condition"], "value", message, { offset });
    }
    return null;
  }

  #redactRule(
    table: TableReader,
    base: Omit<Extract<Rule, { action: "redact" }>, "redaction" | "on" | "numbers" | "readsResult">,
  ): Rule | undefined {
    if (base.message !== null) {
      table.problem(
        ["message"],
        "key",
        "a redact rule tells the agent nothing: remove its message",
      );
    }
    const { patterns } = this.#source;
    const source = table.string("pattern"), detectors = table.strings("detect") ?? [];
    const replacement = table.text("replacement") ?? "[REDACTED]";
    const on = table.word("on", REDACTED_SIDES) ?? "both";
    const numbers = table.word("numbers", NUMBER_TREATMENTS);
    if (source === undefined && detectors.length === 0) {
      table.problem([], "key", `a redact rule needs the key "pattern" or "detect"`);
    }
    detectors.forEach((name, index) => {
      if (DETECTOR_NAMES.includes(name)) return;
      const message = `there is no detector ${JSON.stringify(name)}`;
      const guess = { typed: name, words: DETECTOR_NAMES };
      table.problem(["detect", index], "value", message, { guess });
    });
    const pattern = source === undefined ? null : patterns.compile(source);
    if (pattern !== null && "message" in pattern) {
      const { message, offset } = pattern;
      table.problem(["pattern"], "value", message, { offset });
      return undefined;
    }
    if (pattern?.test("")) {
      table.problem(["pattern"], "value", "the pattern matches the empty text, and so everything");
    }
    const known = detectors.filter((name) => DETECTOR_NAMES.includes(name));
    if (pattern === null && known.length === 0) return undefined;
    const readsResult = base.condition !== null && asksFor(base.condition.ast, "result");
    return {
      ...base,
      on,
      numbers,
      readsResult,
      redaction: new Redaction(pattern, known, replacement, patterns),
    };
  }
}

/** The names that a rule's condition may use. */
function rootsFor(action: Rule["action"] | undefined, methods: readonly string[] | undefined) {
  if (action === "redact") return REDACTING_ROOTS;
  return methods === undefined ? ROOTS : METHOD_ROOTS;
}

/** Notes what a rule of methods cannot do. */
function noteUnfit(
  table: TableReader,
  action: Rule["action"] | undefined,
  mode: Rule["mode"],
): void {
  if (action === "redact" || action === "rate_limit") {
    const message = `a ${action} rule has no method: only allow and deny speak of methods`;
    table.problem(["method"], "key", message);
  }
  if (mode === "shadow") {
    const message = "a rule with a method is enforced: what it would have done leaves no record";
    table.problem(["mode"], "value", message);
  }
}
