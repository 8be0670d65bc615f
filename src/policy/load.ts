/**
 * Policy files in, a checked {@link Policy} out; or every problem of every file, each with its place.
 *
 * @module
 */

import { FileError, reasonOf, UsageError } from "../errors.ts";
import { asksFor } from "../expr/asks.ts";
import { compileCondition } from "../expr/condition.ts";
import { nearest } from "../nearest.ts";
import { parseToml, tomlError, type TomlProblem } from "../toml/toml.ts";
import { TableReader } from "../toml/table.ts";
import { DETECTOR_NAMES } from "../redaction/detectors.ts";
import { type CallEnv, REDACTING_ROOTS, ROOTS } from "./env.ts";
import { Clock, parseInstant } from "./local_time.ts";
import { namesLike } from "./names.ts";
import { isPolicyHit } from "../session/hits.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { Policy, PolicyTest, Rule } from "./rules.ts";
import { Redaction } from "../redaction/redaction.ts";

const ACTIONS = ["allow", "deny", "redact", "rate_limit"] as const;
const RANGES = Object.freeze({
  maxCalls: { min: 1, max: 1_000_000_000 },
  windowSeconds: { min: 1, max: 31_536_000 },
  calls: { min: 1, max: 100_000 },
});

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
  const readers: FileReader[] = [];
  const ids = new Map<string, string>();
  for (const { file, text } of sources) {
    try {
      const reader = new FileReader(file, await parseToml(file, text), patterns, ids);
      readers.push(reader);
      if (reader.problems.length > 0) faults.push(await tomlError(file, text, reader.problems));
    } catch (fault) {
      if (!(fault instanceof FileError)) throw fault;
      faults.push(fault);
    }
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
    rules: readers.flatMap(({ rules }) => rules),
    tests: readers.flatMap(({ tests }) => tests),
  });
}

const NONE = "this is no policy: it has no rules and no default; write [[rules]], " +
  'or default = "allow" (or "deny") under [metadata]';

/**
 * Whether a file says nothing, as one does that was emptied or cut off while it was written; or, for
 * the first of them, whether all together say nothing.
 */
function isNone(readers: readonly FileReader[], index: number): boolean {
  const decides = (reader: FileReader) => reader.rules.length > 0 || reader.fallback !== undefined;
  return readers[index]!.isBlank || index === 0 && !readers.some(decides);
}

async function readSource(file: string): Promise<PolicySource> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(file));
    return { file, text };
  } catch (fault) {
    const reason = fault instanceof Deno.errors.NotFound ? "no such file" : reasonOf(fault);
    throw new UsageError(`cannot read the policy file ${file}: ${reason}`);
  }
}

/** One file, read key by key; what is wrong is noted and reading goes on. */
class FileReader {
  readonly problems: TomlProblem[] = [];
  /** Whether there is nothing in the file, or nothing but comments. */
  readonly isBlank: boolean;
  readonly name: string;
  readonly fallback: "allow" | "deny" | undefined;
  readonly timezone: string | undefined;
  readonly rules: readonly Rule[];
  readonly tests: readonly PolicyTest[];

  constructor(
    readonly file: string,
    document: Readonly<Record<string, unknown>>,
    readonly patterns: Patterns,
    /** Ids seen so far, and their files. */
    readonly ids: Map<string, string>,
  ) {
    const root = new TableReader(document, this.problems);
    this.isBlank = Object.keys(document).length === 0;
    const metadata = root.subtable("metadata");
    this.name = metadata.string("name") ?? file;
    metadata.string("version");
    this.fallback = metadata.word("default", ["allow", "deny"]);
    this.timezone = this.#timezone(metadata);
    this.rules = root.tables("rules").map((table) => this.#rule(table)).filter((rule) =>
      rule !== undefined
    );
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

  #rule(table: TableReader): Rule | undefined {
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

  #test(table: TableReader): PolicyTest {
    for (const key of ["name", "tool", "expect"]) table.missing(key, "a test");
    const rule = table.string("rule");
    if (rule !== undefined && rule !== "default" && !this.ids.has(rule)) {
      const guess = { typed: rule, words: [...this.ids.keys()] };
      table.problem(["rule"], "value", `there is no rule ${JSON.stringify(rule)}`, { guess });
    }
    return {
      name: table.string("name") ?? "",
      tool: table.string("tool") ?? "",
      arguments: table.jsonTable("arguments"),
      expect: table.word("expect", ["allow", "deny", "rate_limit"]) ?? "allow",
      rule,
      server: table.string("server"),
      agent: table.string("agent"),
      time: this.#time(table),
      calls: table.integer("calls", RANGES.calls) ?? 1,
      result: table.json("result"),
      expectArguments: table.json("expect_arguments"),
      expectResult: table.json("expect_result"),
      file: this.file,
    };
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
