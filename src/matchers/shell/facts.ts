/**
 * What a shell's text runs, as it is gathered.
 *
 * @module
 */

import type { Redirect } from "unbash";
import { optionsOf } from "./options.ts";
import type { Variables } from "./variables.ts";
import { type ShellWord, wordOf } from "./words.ts";

/** A command that runs. */
export interface Run {
  /** Its base name. */
  readonly program: string;
  readonly words: readonly ShellWord[];
  /** Its words without those of commands among them. */
  readonly own: readonly ShellWord[];
  readonly variables: Variables;
}

/** Commands of one text; beyond them it is unsure. */
const MAX_RUNS = 512;

/** What a text runs. Lists have each entry once, in the order of the text. */
export class ShellFacts {
  /** Whether all that runs is known. */
  isSure = true;
  /** Whether all targets of redirections are known. */
  areTargetsSure = true;
  readonly #runs: Run[] = [];
  readonly #writes = new Set<string>();
  readonly #reads = new Set<string>();
  #options: Pick<ShellFacts, "options" | "open"> | null = null;

  addRun(run: Run): void {
    if (this.#runs.length < MAX_RUNS) this.#runs.push(run);
    else this.isSure = false;
  }

  addRedirect({ operator, target }: Redirect): void {
    if (target === undefined || target.parts?.[0]?.type === "ProcessSubstitution") return;
    const { text, isConstant } = wordOf(target);
    // `2>&1` leads to no file.
    if (operator.endsWith("&") && /^(\d+-?|-)$/.test(text)) return;
    if (!isConstant) this.areTargetsSure = false;
    if (operator.startsWith("<")) this.#reads.add(text);
    if (operator.includes(">")) this.#writes.add(text);
  }

  /** Base names. */
  get programs(): readonly string[] {
    return [...new Set(this.#runs.map(({ program }) => program))];
  }

  /** Words without quotes, joined by a blank. */
  get commands(): readonly string[] {
    return [...new Set(this.#runs.map(({ words }) => words.map(({ text }) => text).join(" ")))];
  }

  /** `rm -r` for each option. */
  get options(): readonly string[] {
    return (this.#options ??= this.#findOptions()).options;
  }

  /** Programs of which not all options are known. */
  get open(): readonly string[] {
    return (this.#options ??= this.#findOptions()).open;
  }

  /** Targets of redirections that are written, and those that are read. */
  get writes(): readonly string[] {
    return [...this.#writes];
  }

  get reads(): readonly string[] {
    return [...this.#reads];
  }

  #findOptions(): Pick<ShellFacts, "options" | "open"> {
    const options = new Set<string>(), open = new Set<string>();
    try {
      for (const { program, own, variables } of this.#runs) {
        const { names, isOpen } = optionsOf(program, own, variables);
        for (const name of names) options.add(`${program} ${name}`);
        if (isOpen) open.add(program);
      }
    } catch {
      this.isSure = false;
    }
    return { options: [...options], open: [...open] };
  }
}
