/**
 * Tries a policy on a call that nobody makes: what it would decide, what it would redact, and why.
 *
 * The decision comes from the same walk and the redaction from the same redactor as on the line; there
 * is no second evaluator.
 *
 * @module
 */

import type { Explanation } from "../expr/explain.ts";
import { PolicyEngine, RuleBuckets } from "../policy/engine.ts";
import type { CallEnv } from "../policy/env.ts";
import type { LocalTime } from "../policy/local_time.ts";
import { type Exemption, type Redactor, spliced } from "../redaction/redactor.ts";
import {
  answerRules,
  argumentRules,
  redactsAnswers,
  redactsArguments,
} from "../policy/redact_rules.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { Policy, RedactRule, Rule } from "../policy/rules.ts";
import { isProtocolWord } from "../redaction/protocol_words.ts";
import { type Decision, holds, type Step } from "../policy/walk.ts";

export type { Explanation, SeenValue } from "../expr/explain.ts";

/** The server's name in a simulation that does not give one. */
export const SIMULATION_SERVER = "server";

/** The call, as whoever tries it describes it. */
export interface CallFacts {
  readonly tool: string;
  /** Undefined when the call has none. */
  readonly arguments: unknown;
  /** Default {@link SIMULATION_SERVER}. */
  readonly server?: string | undefined;
  /** Undefined for an agent that has not said its name. */
  readonly agent?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Calls of the session before the first of the simulation; default 0. */
  readonly sessionCalls?: number | undefined;
  /** What the server has said of the tool. */
  readonly annotations?: unknown;
  /** What the server answers; undefined for no answer. */
  readonly result?: unknown;
}

/** What became of the call. */
export interface SimulationOutcome {
  readonly decision: Decision;
  /** As the server gets them; undefined when the call is refused or has none. */
  readonly arguments: unknown;
  /** As the agent gets it; undefined when the call is refused or nothing was answered. */
  readonly result: unknown;
}

/** What came of one rule. Plain data. */
export interface RuleReport {
  readonly id: string;
  readonly action: Rule["action"];
  readonly mode: Rule["mode"];
  /** `not reached`: a rule before it has decided. */
  readonly matched: "other server" | "other tool" | "not reached" | "no" | "yes";
  /** What it did: `decides`, `counts`, `masks the arguments`, `would deny` …; empty for nothing. */
  readonly effect: string;
  /** Why; null for a rule without a condition, or one that does not speak of this call. */
  readonly condition: Explanation | null;
}

/** Why a call was decided as it was: every rule of the policy, in order. Plain data. */
export interface SimulationExplanation {
  readonly call: {
    readonly tool: string;
    readonly server: string;
    readonly agent: string | null;
    /** ISO 8601, UTC. */
    readonly time: string;
    readonly timezone: string;
    /** The time on the policy's clocks. */
    readonly local: LocalTime;
  };
  readonly rules: readonly RuleReport[];
  readonly decision: {
    readonly action: Decision["action"];
    /** Null when no rule decided, and the default did. */
    readonly rule: string | null;
    /** What the rule says to the agent; null for the usual words. */
    readonly message: string | null;
    readonly shadow: readonly string[];
  };
  /** As the server gets them; null when the call is refused or has none. */
  readonly arguments: unknown;
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Tries one policy, any number of times; each simulation begins with full buckets and a clock that stands. */
export class Simulation {
  readonly #engines = new Map<string, PolicyEngine>();

  /** @param patterns What the policy was loaded with. */
  constructor(readonly policy: Policy, readonly patterns: Patterns) {}

  /** Makes the call `times` times at the same instant; the outcome of the last. */
  run(facts: CallFacts, times = 1): SimulationOutcome {
    const engine = this.#engineOf(facts), buckets = new RuleBuckets(() => 0);
    const before = facts.sessionCalls ?? 0;
    for (let call = 0; call < times - 1; call++) {
      engine.decide(envOf(engine, { ...facts, sessionCalls: before + call }), buckets.counter());
    }
    const env = envOf(engine, { ...facts, sessionCalls: before + times - 1 });
    const decision = engine.decide(env, buckets.counter());
    const refused = decision.action !== "allow";
    return {
      decision,
      arguments: refused ? undefined : redactedArguments(engine, env),
      result: refused ? undefined : redactedResult(engine, env, facts.result),
    };
  }

  /** Makes the call once, and tells of every rule what came of it. */
  explain(facts: CallFacts): SimulationExplanation {
    const engine = this.#engineOf(facts);
    const env = envOf(engine, facts), shown = shownEnv(engine, env);
    const steps = new Map<Rule, Step>();
    const limits = new RuleBuckets(() => 0).counter();
    const decision = engine.decide(env, limits, (step) => steps.set(step.rule, step));
    const refused = decision.action !== "allow";
    const told = refused ? undefined : redactedArguments(engine, env);
    return {
      call: {
        tool: env.tool,
        server: env.server,
        agent: shown.agentName,
        time: new Date(facts.time).toISOString(),
        timezone: this.policy.timezone,
        local: env.time,
      },
      rules: this.policy.rules.map((rule) => report(rule, steps.get(rule), env, shown, refused)),
      decision: {
        action: decision.action,
        rule: decision.rule?.id ?? null,
        message: decision.rule?.message ?? null,
        shadow: decision.shadow,
      },
      arguments: told ?? null,
    };
  }

  #engineOf({ server = SIMULATION_SERVER }: CallFacts): PolicyEngine {
    let engine = this.#engines.get(server);
    if (engine === undefined) {
      engine = new PolicyEngine(this.policy, server, this.patterns, new RuleBuckets());
      this.#engines.set(server, engine);
    }
    return engine;
  }
}

function envOf(engine: PolicyEngine, facts: CallFacts): CallEnv {
  return {
    arguments: facts.arguments,
    result: facts.result,
    tool: facts.tool,
    annotations: facts.annotations,
    server: engine.server,
    agentName: facts.agent ?? null,
    agentVersion: null,
    // A condition may read it, and `policy explain` shows it.
    sessionId: "trial",
    sessionCalls: facts.sessionCalls ?? 0,
    time: engine.timeAt(facts.time),
  };
}

function redactedArguments(engine: PolicyEngine, env: CallEnv): unknown {
  const { redactions, redactor } = engine.rulesOf(env.tool);
  return redacted(env.arguments, redactor, argumentRules(redactions, env, "enforce"), () => false);
}

/** The result is redacted as a part of its message, since what the protocol exempts hangs on the place. */
function redactedResult(engine: PolicyEngine, env: CallEnv, result: unknown): unknown {
  if (result === undefined) return undefined;
  const { redactions, redactor } = engine.rulesOf(env.tool);
  const message = { jsonrpc: "2.0", id: 1, result };
  const clean = redacted(
    message,
    redactor,
    answerRules(redactions, env, "enforce"),
    isProtocolWord,
  );
  return (clean as typeof message).result;
}

function redacted(
  value: unknown,
  redactor: Redactor,
  rules: readonly RedactRule[],
  isExempt: Exemption,
): unknown {
  if (value === undefined || rules.length === 0) return value;
  const bytes = encoder.encode(JSON.stringify(value));
  if (!redactor.mayMatch(bytes, 0, bytes.length)) return value;
  const edits = redactor.edits(bytes, 0, bytes.length, rules, isExempt);
  return JSON.parse(decoder.decode(spliced(bytes, edits)));
}

/** The call with everything redacted that a redact rule of its tool matches: for what is shown of it. */
function shownEnv(engine: PolicyEngine, env: CallEnv): CallEnv {
  const { redactions, redactor } = engine.rulesOf(env.tool);
  const { agentName } = env;
  return {
    ...env,
    arguments: redacted(env.arguments, redactor, redactions, () => false),
    result: redacted(env.result, redactor, redactions, () => false),
    agentName: agentName === null ? null : redactor.redactText(agentName, redactions),
  };
}

/** @param step What the walk saw of the rule; it ends where a rule decides, and redacting is not in it. */
function report(
  rule: Rule,
  step: Step | undefined,
  env: CallEnv,
  shown: CallEnv,
  refused: boolean,
): RuleReport {
  const { id, action, mode } = rule;
  const other = !rule.servers(env.server)
    ? "other server"
    : !rule.tools(env.tool)
    ? "other tool"
    : undefined;
  const about = (matched: RuleReport["matched"], effect = ""): RuleReport => {
    const isAsked = matched === "yes" || matched === "no";
    const condition = isAsked ? explained(rule, env, shown) : null;
    return { id, action, mode, matched, effect, condition };
  };
  if (other !== undefined) return about(other);
  if (rule.action === "redact") {
    const matched = holds(rule, env);
    return about(matched ? "yes" : "no", redactEffect(rule, matched, refused));
  }
  return step === undefined ? about("not reached") : about(step.matched, step.effect);
}

/** What a redact rule does, in a call that passes or that is refused and so only stored. */
function redactEffect(rule: RedactRule, matched: boolean, refused: boolean): string {
  if (refused) return "masks what is stored";
  const parts = [
    ...(redactsArguments(rule) && matched ? ["the arguments"] : []),
    ...(redactsAnswers(rule) ? ["what comes back"] : []),
  ];
  if (parts.length === 0) return "";
  return `${rule.mode === "shadow" ? "would mask" : "masks"} ${parts.join(" and ")}`;
}

/** The answers for the call as it is, the values as they may be shown. */
function explained(rule: Rule, env: CallEnv, shown: CallEnv): Explanation | null {
  if (rule.condition === null) return null;
  return merged(rule.condition.explain(env), rule.condition.explain(shown));
}

function merged(answers: Explanation, values: Explanation): Explanation {
  const { text, result } = answers;
  const seen = answers.values?.map(({ text, value }, index) => ({
    text,
    // Behind a key that was redacted there is nothing to be found any more.
    value: value === undefined ? undefined : values.values?.[index]?.value ?? "[REDACTED]",
  }));
  const children = answers.children?.map((child, index) => merged(child, values.children![index]!));
  return {
    text,
    result,
    ...(seen === undefined ? {} : { values: seen }),
    ...(children === undefined ? {} : { children }),
  };
}
