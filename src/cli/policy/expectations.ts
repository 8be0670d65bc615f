/**
 * Differences that are wanted: `--expect FILE` of `policy replay`.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { GlobError, type NameMatcher, namesLike } from "../../policy/names.ts";
import type { ReplayedCall } from "../../simulate/replay/replay.ts";
import { readTextFile } from "../../text_file.ts";
import { TableReader } from "../../toml/table.ts";
import { parseToml, tomlError, type TomlProblem } from "../../toml/toml.ts";
import { visible } from "../../visible.ts";

const DECISIONS = ["allow", "ask", "deny", "rate_limit"] as const;

/** One `[[expect]]` entry; what is absent is for all. */
interface Expectation {
  readonly tool: NameMatcher | undefined;
  /** The rule that decided, or that decides now. */
  readonly rule: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** As a message names it. */
  readonly text: string;
  isMet: boolean;
}

/** The entries of a file. */
export class Expectations {
  readonly #all: readonly Expectation[];

  private constructor(all: readonly Expectation[]) {
    this.#all = all;
  }

  /** None. */
  static none(): Expectations {
    return new Expectations([]);
  }

  /**
   * Reads a file.
   *
   * @throws {UsageError} with all that is wrong with it.
   */
  static async read(file: string): Promise<Expectations> {
    const text = await readTextFile(file, "file of expectations");
    if (text === null) {
      throw new UsageError(`cannot read the file of expectations ${file}: no such file`);
    }
    const problems: TomlProblem[] = [];
    const root = new TableReader(await parseToml(file, text), problems);
    const all = root.tables("expect").map(read);
    root.noteUnknownKeys();
    if (problems.length > 0) throw await tomlError(file, text, problems);
    return new Expectations(all);
  }

  /** Whether an entry names the difference of a call; all that do are met. */
  meets({ row, before, after }: ReplayedCall): boolean {
    const meeting = this.#all.filter(({ tool, rule, from, to }) =>
      (tool === undefined || tool(row.tool_name)) &&
      (rule === undefined || rule === before.rule || rule === after.rule) &&
      (from === undefined || from === before.action) && (to === undefined || to === after.action)
    );
    for (const expectation of meeting) expectation.isMet = true;
    return meeting.length > 0;
  }

  /** Those that no call has met, in words. */
  get unmet(): readonly string[] {
    return this.#all.filter(({ isMet }) => !isMet).map(({ text }) => text);
  }
}

function read(table: TableReader): Expectation {
  const tools = table.strings("tool"), rule = table.string("rule");
  const from = table.word("from", DECISIONS), to = table.word("to", DECISIONS);
  const keys = { tool: tools?.join(", "), rule, from, to };
  const given = Object.entries(keys).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    table.problem(
      [],
      "key",
      "an entry names a tool, a rule, from or to: empty, it expects anything",
    );
  }
  return {
    ...{ rule, from, to },
    tool: tools === undefined ? undefined : namesOf(table, tools),
    text: visible(given.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(", ")),
    isMet: false,
  };
}

function namesOf(table: TableReader, globs: readonly string[]): NameMatcher {
  try {
    return namesLike(globs);
  } catch (fault) {
    if (!(fault instanceof GlobError)) throw fault;
    table.problem(["tool"], "value", fault.message);
    return () => false;
  }
}
