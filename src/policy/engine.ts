/**
 * A loaded policy at work: rules by tool, buckets of its limits, decisions.
 *
 * @module
 */

import { asksFor } from "../expr/asks.ts";
import type { LeasedBucket } from "../limits/leased_bucket.ts";
import type { Leases } from "../limits/leases.ts";
import { TokenBucket } from "../limits/token_bucket.ts";
import { OUTAGE_WAIT_MS, type Tokens } from "../limits/tokens.ts";
import type { CallEnv } from "./env.ts";
import { Clock, type LocalTime } from "./local_time.ts";
import { TOOLS_CALL } from "./methods.ts";
import { Redactor } from "../redaction/redactor.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { LimitRule, Policy, RedactRule, Rule } from "./rules.ts";
import { type Screens, screensOf } from "./screens.ts";
import { type Decision, deniesAlways, type LimitCounter, type StepListener, walk } from "./walk.ts";

/** Tools whose rules are remembered; agents choose the names. */
export const MAX_INDEXED_TOOLS = 4096;

/** The rules that name one tool of one server, in file order. */
export interface ToolRules {
  readonly rules: readonly Rule[];
  readonly screens: Screens;
  /** Those that redact. */
  readonly redactions: readonly RedactRule[];
  /** The same, compiled to be searched for together. */
  readonly redactor: Redactor;
  /** Whether every call is refused. */
  readonly denied: boolean;
  /** Whether a condition asks what the server says of the tool. */
  readonly asksAnnotations: boolean;
}

/** One policy, immutable. Buckets outlive it: they are handed on to the policy that replaces it. */
export class PolicyEngine {
  readonly #byTool = new Map<string, ToolRules>();
  readonly #redactors = new Map<string, Redactor>();
  readonly #clock: Clock;
  /** All rules of this server that redact, for what belongs to no tool. */
  readonly allTools: Pick<ToolRules, "redactions" | "redactor">;
  /** Monotonic milliseconds from which on the buckets have had its limits. */
  readonly sinceMs: number;

  /** Whether other requests than calls are judged, too. */
  readonly judgesMethods: boolean;

  /**
   * @param methods `[policy] methods`; without it, they are judged where the policy denies by default,
   *   or has rules for them.
   */
  constructor(
    readonly policy: Policy,
    readonly server: string,
    readonly patterns: Patterns,
    buckets: RuleBuckets,
    methods?: boolean,
  ) {
    this.judgesMethods = methods ?? (policy.defaultAction === "deny" || policy.namesMethods);
    this.#clock = new Clock(policy.timezone);
    this.allTools = this.#redactionsOf(policy.rules.filter((rule) => rule.servers(server)));
    this.sinceMs = buckets.adopt(policy);
  }

  /** Whether any rule redacts. */
  get redacts(): boolean {
    return this.allTools.redactions.length > 0;
  }

  /** The rules that can match calls of `tool`. */
  rulesOf(tool: string): ToolRules {
    const known = this.#byTool.get(tool);
    if (known !== undefined) return known;
    const rules = this.policy.rules.filter((rule) =>
      rule.servers(this.server) && rule.methods(TOOLS_CALL) && rule.tools(tool)
    );
    const found: ToolRules = {
      rules,
      screens: screensOf(rules),
      ...this.#redactionsOf(rules),
      denied: deniesAlways(rules, this.policy),
      asksAnnotations: rules.some(asksAnnotations),
    };
    if (this.#byTool.size < MAX_INDEXED_TOOLS) this.#byTool.set(tool, found);
    return found;
  }

  #redactionsOf(rules: readonly Rule[]): Pick<ToolRules, "redactions" | "redactor"> {
    const redactions = rules.filter((rule) => rule.action === "redact");
    return { redactions, redactor: this.#redactorOf(redactions) };
  }

  /** Tools with the same rules share a redactor: its patterns are not compiled for each of them. */
  #redactorOf(rules: readonly RedactRule[]): Redactor {
    const key = rules.map(({ id }) => JSON.stringify(id)).join();
    let redactor = this.#redactors.get(key);
    if (redactor === undefined) {
      this.#redactors.set(key, redactor = new Redactor(rules, this.patterns));
    }
    return redactor;
  }

  /** Decides a call; what it counted can be given back until the next decision. */
  decide(env: CallEnv, limits: LimitCounter, onStep?: StepListener): Decision {
    if (env.method === TOOLS_CALL) {
      const { rules, screens } = this.rulesOf(env.tool);
      return walk(rules, this.policy, env, limits, { screens, onStep });
    }
    const rules = this.policy.rules.filter(({ servers, methods }) =>
      servers(this.server) && methods(env.method)
    );
    return walk(rules, this.policy, env, limits, { onStep });
  }

  /** The clocks of the policy's time zone. */
  timeAt(epochMs: number): LocalTime {
    return this.#clock.at(epochMs);
  }
}

function asksAnnotations({ condition, action }: Rule): boolean {
  return action !== "redact" && condition !== null && asksFor(condition.ast, "tool", "annotations");
}

/** A token of a rule that is still being asked for. */
export interface OwedToken {
  readonly rule: LimitRule;
  readonly bucket: Tokens;
}

/** A counter of limits that all gateways share. */
export interface SharedCounter extends LimitCounter {
  /** Tokens that were counted as taken and are still to be taken, in the order of their rules. */
  readonly owed: OwedToken[];
  /** Whether a limit has refused because nobody could be asked for tokens. */
  readonly isOutage: boolean;
  /** Notes that an owed token was taken. */
  took(bucket: Tokens): void;
}

/** The buckets of rate-limit rules, by rule. They survive reloads; a shadow rule has its own. */
export class RuleBuckets {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #shared = new Map<string, LeasedBucket>();
  readonly #now: () => number;
  readonly #leases: Leases | null;

  /**
   * @param now Monotonic milliseconds.
   * @param leases Where the limits of rules in force are those of all gateways together.
   */
  constructor(now: () => number = () => performance.now(), leases: Leases | null = null) {
    this.#now = now;
    this.#leases = leases;
  }

  /** Monotonic milliseconds. */
  get now(): number {
    return wholeMicros(this.#now());
  }

  /**
   * Applies the limits of a new policy at once, keeps what is spent, forgets what is gone.
   *
   * @returns When, in monotonic milliseconds.
   */
  adopt(policy: Policy, now: number = wholeMicros(this.#now())): number {
    const limits = policy.rules.filter((rule) => rule.action === "rate_limit");
    const kept = new Set(limits.map(limitKey));
    for (const buckets of [this.#buckets, this.#shared]) {
      for (const key of buckets.keys()) if (!kept.has(key)) buckets.delete(key);
      for (const rule of limits) buckets.get(limitKey(rule))?.resize(rule, now);
    }
    return now;
  }

  /**
   * A counter for one walk.
   *
   * @param now When the call has come: the time that is recorded of it, so that it can be counted again.
   */
  counter(now: number = wholeMicros(this.#now())): LimitCounter {
    const taken: TokenBucket[] = [];
    return {
      take: (rule) => {
        const bucket = this.#bucketOf(rule, now);
        const waitMs = bucket.take(now);
        if (waitMs === undefined) taken.push(bucket);
        return waitMs;
      },
      giveBack: () => {
        for (const bucket of taken.splice(0)) bucket.giveBack();
      },
    };
  }

  /** A counter for one walk of a call, which can be held for a token; as {@link counter}. */
  sharedCounter(now: number): SharedCounter {
    const leases = this.#leases, own = this.counter(now);
    if (leases === null) return { ...own, owed: [], isOutage: false, took: () => {} };
    const taken: Tokens[] = [], owed: OwedToken[] = [];
    let isOutage = false;
    return {
      owed,
      get isOutage() {
        return isOutage;
      },
      took: (bucket) => void taken.push(bucket),
      take: (rule) => {
        if (rule.mode === "shadow") return own.take(rule);
        const bucket = this.#leasedBucketOf(rule, leases), answer = bucket.take(now);
        if (answer === undefined) taken.push(bucket);
        if (answer === "unknown") return void owed.push({ rule, bucket });
        isOutage = answer === "outage";
        return answer === "outage" ? OUTAGE_WAIT_MS : answer;
      },
      giveBack: () => {
        own.giveBack();
        owed.length = 0;
        for (const bucket of taken.splice(0)) bucket.giveBack();
      },
    };
  }

  /** A counter for a walk that only tries: what it counts is forgotten. */
  trial(now: number): LimitCounter {
    const tried = new Map<LimitRule, TokenBucket>();
    return {
      take: (rule) => {
        const bucket = tried.get(rule) ?? this.#bucketOf(rule, now).copy();
        tried.set(rule, bucket);
        return bucket.take(now);
      },
      giveBack: () => {},
    };
  }

  /** Calls that a rule would let through now, with fractions. */
  roomOf(rule: LimitRule, now: number): number {
    return this.#buckets.get(limitKey(rule))?.tokensAt(now) ?? rule.maxCalls;
  }

  #leasedBucketOf(rule: LimitRule, leases: Leases): LeasedBucket {
    const key = limitKey(rule);
    let bucket = this.#shared.get(key);
    if (bucket === undefined) this.#shared.set(key, bucket = leases.bucket("rule", rule.id, rule));
    return bucket;
  }

  #bucketOf(rule: LimitRule, now: number): TokenBucket {
    const key = limitKey(rule);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, bucket = new TokenBucket(rule, now));
    return bucket;
  }
}

/** Milliseconds as the log keeps them: in whole microseconds. */
export function wholeMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Names the bucket of a rule: a shadow rule has its own. */
export function limitKey(rule: LimitRule): string {
  return `${rule.mode} ${rule.id}`;
}
