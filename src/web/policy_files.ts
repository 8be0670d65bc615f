/**
 * The policy files of the gateway that serves: read, checked, and replaced whole.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { realPath } from "../audit/private_files.ts";
import { FileError, type FileProblem, reasonOf, UsageError } from "../errors.ts";
import { loadPatterns, type Patterns } from "../patterns/pattern.ts";
import { withinScanTime } from "../patterns/budget.ts";
import { type LoadOptions, parsePolicy, type PolicySource } from "../policy/load.ts";
import type { Policy } from "../policy/rules.ts";
import { runTests, type TestReport } from "../simulate/tests.ts";

/** Bytes of a policy that is sent here. */
export const MAX_POLICY_BYTES: number = 1024 * 1024;
/** What the tests of a policy may search: somebody waits for them. */
const TESTS_LIMITS = Object.freeze({ maxScanWork: Infinity, maxScanMs: 2000 });

/** A text, and a mark that changes with it. */
export interface PolicyText {
  readonly text: string;
  /** For `ETag` and `If-Match`. */
  readonly mark: string;
  /** When it was last written. */
  readonly at: Date;
}

/** What is to be said of a policy, before it is in force. */
export interface PolicyCheck {
  readonly ok: boolean;
  /** Everything wrong with it, each with its place. */
  readonly problems: readonly FileProblem[];
  /** The same in words. */
  readonly message: string | null;
  readonly warnings: readonly FileProblem[];
  readonly rules: number;
  readonly tests: readonly TestReport[];
}

/** What became of a replacement. */
export type Replaced =
  | { readonly done: true; readonly mark: string }
  /** The file is another than the one that was edited. */
  | { readonly done: false; readonly why: "changed"; readonly current: PolicyText }
  | { readonly done: false; readonly why: "invalid"; readonly check: PolicyCheck };

/** Knows the files. */
export class PolicyFiles {
  /** Resolves when the replacement before is over: whoever saves at the same time finds what it wrote. */
  #replaced: Promise<unknown> = Promise.resolve();

  constructor(readonly paths: readonly string[], readonly options: LoadOptions = {}) {}

  /** The text of a file. */
  read(index: number): Promise<PolicyText> {
    return textOf(this.paths[index]!);
  }

  /** What a file was before it was last replaced; null when it never was. */
  async previous(index: number): Promise<PolicyText | null> {
    try {
      return await textOf(previousOf(realPath(this.paths[index]!)));
    } catch (fault) {
      if (fault instanceof Deno.errors.NotFound) return null;
      throw fault;
    }
  }

  /** Loads all files, with `text` in the place of one of them. Dispose of the patterns. */
  async load(index: number, text: string): Promise<{ policy: Policy; patterns: Patterns }> {
    const patterns = await loadPatterns();
    try {
      const sources = await this.sources({ index, text });
      return { policy: await parsePolicy(sources, patterns, this.options), patterns };
    } catch (fault) {
      patterns[Symbol.dispose]();
      throw fault;
    }
  }

  /** Says what is wrong with a text in the place of a file, and runs its tests. */
  async check(index: number, text: string): Promise<PolicyCheck> {
    try {
      const { policy, patterns } = await this.load(index, text);
      using _ = patterns;
      const tests = withinScanTime(patterns, TESTS_LIMITS, () => runTests(policy, patterns));
      const warnings = policy.warnings.filter(({ text: of }) => of === text)
        .flatMap(({ problem }) => "line" in problem ? [problem as unknown as FileProblem] : []);
      return {
        ...{ ok: true, problems: [], message: null, warnings, tests },
        rules: policy.rules.length - policy.ruleFiles.length,
      };
    } catch (fault) {
      // Of a file of rules that this one names, the message tells.
      const isHere = fault instanceof FileError && fault.file === this.paths[index];
      const problems = isHere ? fault.problems : [];
      const message = reasonOf(fault);
      return { ok: false, problems, message, warnings: [], rules: 0, tests: [] };
    }
  }

  /**
   * Replaces a file at one stroke, and keeps what it was as `.previous`. What does not load is not
   * written.
   *
   * @param mark That of the text which was edited; undefined to replace whatever is there.
   */
  replace(index: number, text: string, mark: string | undefined): Promise<Replaced> {
    const replaced = this.#replaced.then(() => this.#replace(index, text, mark));
    this.#replaced = replaced.catch(() => {});
    return replaced;
  }

  async #replace(index: number, text: string, mark: string | undefined): Promise<Replaced> {
    const current = await this.read(index);
    if (mark !== undefined && mark !== current.mark) {
      return { done: false, why: "changed", current };
    }
    const check = await this.check(index, text);
    if (!check.ok) return { done: false, why: "invalid", check };
    const path = realPath(this.paths[index]!), { mode } = await Deno.stat(path);
    const rights = mode === null ? {} : { mode: mode & 0o777 };
    const fresh = `${path}.${crypto.randomUUID()}.new`;
    try {
      await Deno.writeTextFile(fresh, text, { createNew: true, ...rights });
      await Deno.writeTextFile(previousOf(path), current.text, rights);
      // Between the first look and now somebody else may have saved.
      const latest = await this.read(index);
      if (latest.mark !== current.mark) return { done: false, why: "changed", current: latest };
      await Deno.rename(fresh, path);
    } finally {
      await Deno.remove(fresh).catch(() => {});
    }
    return { done: true, mark: markOf(text) };
  }

  /**
   * The files as they are, or with an edited text in the place of one of them.
   *
   * @throws {UsageError} for a file that cannot be read.
   */
  async sources(
    edited?: { readonly index: number; readonly text: string },
  ): Promise<PolicySource[]> {
    return await Promise.all(this.paths.map(async (file, at) => {
      try {
        return { file, text: at === edited?.index ? edited.text : await Deno.readTextFile(file) };
      } catch (fault) {
        throw new UsageError(`cannot read the policy file ${file}: ${reasonOf(fault)}`);
      }
    }));
  }
}

async function textOf(path: string): Promise<PolicyText> {
  const [text, { mtime }] = await Promise.all([Deno.readTextFile(path), Deno.stat(path)]);
  return { text, mark: markOf(text), at: mtime ?? new Date() };
}

function previousOf(path: string): string {
  return `${path}.previous`;
}

function markOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("hex").slice(0, 32)}"`;
}
