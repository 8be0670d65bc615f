/**
 * Reads the rules of a policy file.
 *
 * @module
 */

import { asksFor } from "../expr/asks.ts";
import { compileCondition } from "../expr/condition.ts";
import { nearest } from "../nearest.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { DETECTOR_NAMES } from "../redaction/detectors.ts";
import { Redaction } from "../redaction/redaction.ts";
import { isPolicyHit } from "../session/hits.ts";
import type { TableReader } from "../toml/table.ts";
import { type CallEnv, REDACTING_ROOTS, ROOTS } from "./env.ts";
import { namesLike } from "./names.ts";
import type { Rule } from "./rules.ts";

const ACTIONS = ["allow", "deny", "redact", "rate_limit"] as const;
const RANGES = Object.freeze({
  maxCalls: { min: 1, max: 1_000_000_000 },
  windowSeconds: { min: 1, max: 31_536_000 },
});

/** Reads one `[[rules]]` entry after the other. */
export class RuleReader {
  /** @param ids Ids seen so far, and their files. */
  constructor(
    readonly file: string,
    readonly patterns: Patterns,
    readonly ids: Map<string, string>,
  ) {}

  /** Reads a rule; undefined for one that is wrong, which is noted in its table. */
  read(table: TableReader): Rule | undefined {
    for (const key of ["id", "tool", "action"]) table.missing(key, "a rule");
    const id = this.#id(table);
    const tools = table.strings("tool");
    for (const name of tools ?? []) {
      if (name === name.trim()) continue;
      table.problem(["tool"], "value", `${JSON.stringify(name)} has blanks at an end`);
    }
    const action = table.word("action", ACTIONS);
    const base = {
      id,
      tools: namesLike(tools ?? ["*"]),
      servers: namesLike(table.strings("server") ?? ["*"]),
      condition: this.#condition(table, action === "redact" ? REDACTING_ROOTS : ROOTS),
      mode: table.word("mode", ["enforce", "shadow"]) ?? "enforce",
      message: table.string("message") ?? null,
    } as const;
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
    const id = table.string("id") ?? "";
    if (isPolicyHit(id)) {
      table.problem(
        ["id"],
        "value",
        `the id ${JSON.stringify(id)} is AgentGate's own; take another`,
      );
    }
    const other = this.ids.get(id);
    if (id !== "" && other !== undefined) {
      const where = other === this.file ? "this file" : other;
      table.problem(["id"], "value", `the id ${JSON.stringify(id)} is used twice (in ${where})`);
    }
    this.ids.set(id, this.file);
    return id;
  }

  #condition(table: TableReader, roots: typeof ROOTS) {
    const source = table.string("condition");
    if (source === undefined) return null;
    const terms = { roots, patterns: this.patterns.compile, suggest: nearest };
    const compiled = compileCondition<CallEnv>(source, terms);
    if (compiled.ok) return compiled.condition;
    for (const { message, offset } of compiled.errors) {
      table.problem(["condition"], "value", message, { offset });
    }
    return null;
  }

  #redactRule(
    table: TableReader,
    base: Omit<Extract<Rule, { action: "redact" }>, "redaction" | "on" | "readsResult">,
  ): Rule | undefined {
    if (base.message !== null) {
      table.problem(
        ["message"],
        "key",
        "a redact rule tells the agent nothing: remove its message",
      );
    }
    const source = table.string("pattern"), detectors = table.strings("detect") ?? [];
    const replacement = table.text("replacement") ?? "[REDACTED]";
    const on = table.word("on", ["both", "arguments", "result"]) ?? "both";
    if (source === undefined && detectors.length === 0) {
      table.problem([], "key", `a redact rule needs the key "pattern" or "detect"`);
    }
    detectors.forEach((name, index) => {
      if (DETECTOR_NAMES.includes(name)) return;
      const message = `there is no detector ${JSON.stringify(name)}`;
      const guess = { typed: name, words: DETECTOR_NAMES };
      table.problem(["detect", index], "value", message, { guess });
    });
    const pattern = source === undefined ? null : this.patterns.compile(source);
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
      readsResult,
      redaction: new Redaction(pattern, known, replacement, this.patterns),
    };
  }
}
