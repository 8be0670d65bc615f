/**
 * The policies that were in force when calls were recorded, loaded from the texts that the log kept.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import { isMaskedText, LOST_TEXT, sourcesOf } from "../../policy/policy_text.ts";
import { ReplayPolicy, type ReplayTools } from "./replay_policy.ts";

/** A log that has kept policies. */
export interface PolicyLog {
  policy(digest: string): { readonly name: string; readonly text: string } | undefined;
}

/** Policies that are kept compiled. */
export const MAX_POLICIES = 64;

/** Those that calls have needed last, by digest. Dispose of them. */
export class PoliciesOfThen implements Disposable {
  readonly #log: PolicyLog;
  readonly #tools: ReplayTools;
  /** A text says why there is none. */
  readonly #loaded = new Map<string, ReplayPolicy | string>();
  readonly #masked = new Set<string>();
  /** What should be said of them, in words. */
  readonly notes: Set<string> = new Set();

  constructor(log: PolicyLog, tools: ReplayTools) {
    this.#log = log;
    this.#tools = tools;
  }

  /** The policy, or why there is none; undefined where it has to be {@link load}ed. */
  readonly get = (digest: string): ReplayPolicy | string | undefined => this.#loaded.get(digest);

  /** Whether parts of it are not what they were. */
  isMasked(digest: string): boolean {
    return this.#masked.has(digest);
  }

  /** Loads the policy of a call, and those that were in force in its run. */
  async load(digest: string, inRun: readonly string[]): Promise<void> {
    for (const one of new Set([digest, ...inRun])) {
      if (!this.#loaded.has(one)) this.#loaded.set(one, await this.#load(one));
    }
    for (const [old, policy] of this.#loaded) {
      if (this.#loaded.size <= MAX_POLICIES || old === digest) break;
      if (typeof policy === "object") policy[Symbol.dispose]();
      this.#loaded.delete(old);
    }
  }

  async #load(digest: string): Promise<ReplayPolicy | string> {
    const stored = this.#log.policy(digest);
    if (stored === undefined) return `the policy of then, ${digest}, is not in the log`;
    const { name, text } = stored;
    if (text === LOST_TEXT) {
      this.notes.add(`the text of the recorded policy ${name} (${digest}) was not kept`);
      return `the text of the policy of then, ${digest}, was not kept`;
    }
    if (isMaskedText(text)) {
      this.#masked.add(digest);
      this.notes.add(`parts of the recorded policy ${name} (${digest}) are masked`);
    }
    try {
      return await ReplayPolicy.load(sourcesOf(text, name), this.#tools, digest, true);
    } catch (fault) {
      this.notes.add(`the recorded policy ${name} (${digest}) does not load: ${reasonOf(fault)}`);
      return `the policy of then, ${digest}, does not load`;
    }
  }

  /** Lets go of their patterns. */
  [Symbol.dispose](): void {
    for (const policy of this.#loaded.values()) {
      if (typeof policy === "object") policy[Symbol.dispose]();
    }
  }
}
