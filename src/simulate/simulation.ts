/**
 * Simulates a call that nobody makes: what a policy would decide, what it would redact, and why.
 *
 * The decision comes from the same walk and the redaction from the same redactor as on the line; there
 * is no second evaluator.
 *
 * @module
 */

import { PolicyEngine, RuleBuckets } from "../policy/engine.ts";
import type { CallEnv } from "../policy/env.ts";
import { TOOLS_CALL } from "../policy/methods.ts";
import type { LocalTime } from "../policy/local_time.ts";
import type { Destination } from "../redaction/numbers.ts";
import type { Exemption, Redactor } from "../redaction/redactor.ts";
import { KeptBack } from "../errors.ts";
import { answerRules, argumentRules } from "../policy/redact_rules.ts";
import type { Patterns } from "../patterns/pattern.ts";
import type { Policy, RedactRule, Rule } from "../policy/rules.ts";
import { isProtocolWord } from "../redaction/protocol_words.ts";
import type { Decision, Step } from "../policy/walk.ts";
import { reportOf, type RuleReport } from "./rule_report.ts";

export type { Explanation, SeenValue } from "../expr/explain.ts";
export type { RuleReport } from "./rule_report.ts";

/** The server's name in a simulation that does not give one. */
const SIMULATION_SERVER = "server";

/** Facts of a call, as whoever simulates it describes them. */
export interface CallFacts {
  /** Default `tools/call`. */
  readonly method?: string | undefined;
  /** Empty for a request of another method. */
  readonly tool: string;
  /** Parameters of a request of another method. */
  readonly params?: unknown;
  /** Undefined when the call has none. */
  readonly arguments: unknown;
  /** Default `server`. */
  readonly server?: string | undefined;
  /** Undefined for an agent that has not said its name. */
  readonly agent?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Calls of the session before the first of the simulation; default 0. */
  readonly sessionCalls?: number | undefined;
  /** `annotations` of the tool, as its server would list them. */
  readonly annotations?: unknown;
  /** Result that the server answers with; undefined for no answer. */
  readonly result?: unknown;
}

/** Outcome of the call. */
export interface SimulationOutcome {
  readonly decision: Decision;
  /** As the server gets them; undefined when the call is refused or has none. */
  readonly arguments: unknown;
  /** As the agent gets it; undefined when the call is refused, or the result is kept back or none. */
  readonly result: unknown;
}

/** Reasons for a decision: every rule of the policy, in order. Plain data. */
export interface SimulationExplanation {
  readonly call: {
    readonly method: string;
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
    /** Words of the rule for the agent; null for the usual ones. */
    readonly message: string | null;
    readonly shadow: readonly string[];
  };
  /** As the server gets them; null when the call is refused or has none. */
  readonly arguments: unknown;
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * Tries one policy, any number of times; each run begins with full buckets and a clock that stands.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadPatterns } from "../patterns/pattern.ts";
 * import { parsePolicy } from "../policy/load.ts";
 *
 * using patterns = await loadPatterns();
 * const text = `[[rules]]\nid = "no-rm"\ntool = "bash"\naction = "deny"\n`;
 * const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
 * const call = { tool: "bash", arguments: {}, time: Date.now() };
 * assert.equal(new Simulation(policy, patterns).run(call).decision.rule?.id, "no-rm");
 * ```
 */
export class Simulation {
  readonly #engines = new Map<string, PolicyEngine>();

  /** @param patterns Those that the policy was loaded with. */
  constructor(readonly policy: Policy, readonly patterns: Patterns) {}

  /**
   * Makes the call `times` times at the same instant.
   *
   * @returns The outcome of the last.
   */
  run(facts: CallFacts, times = 1): SimulationOutcome {
    const engine = this.#engineOf(facts), buckets = new RuleBuckets(() => 0);
    const before = facts.sessionCalls ?? 0;
    for (let call = 0; call < times - 1; call++) {
      engine.decide(envOf(engine, { ...facts, sessionCalls: before + call }), buckets.counter());
    }
    const env = envOf(engine, { ...facts, sessionCalls: before + times - 1 });
    const { decision, told } = judged(engine, env, engine.decide(env, buckets.counter()));
    const refused = decision.action !== "allow";
    return {
      decision,
      arguments: told,
      result: refused ? undefined : redactedResult(engine, env, facts.result),
    };
  }

  /**
   * Makes the call once, and reports what came of every rule.
   *
   * @returns The report; nothing in it that a redact rule of the tool matches.
   */
  explain(facts: CallFacts): SimulationExplanation {
    const engine = this.#engineOf(facts);
    const env = envOf(engine, facts), shown = shownEnv(engine, env);
    const steps = new Map<Rule, Step>();
    const limits = new RuleBuckets(() => 0).counter();
    const walked = engine.decide(env, limits, (step) => steps.set(step.rule, step));
    const { decision, told } = judged(engine, env, walked);
    const refused = decision.action !== "allow";
    return {
      call: {
        method: env.method,
        tool: env.tool,
        server: env.server,
        agent: shown.agentName,
        time: new Date(facts.time).toISOString(),
        timezone: this.policy.timezone,
        local: env.time,
      },
      rules: this.policy.rules.map((rule) => reportOf(rule, steps.get(rule), env, shown, refused)),
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
  const method = facts.method ?? TOOLS_CALL;
  return {
    method,
    params: method === TOOLS_CALL ? { name: facts.tool, arguments: facts.arguments } : facts.params,
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

/** Redact rules of a call, or, for what calls no tool, all of them. */
function rulesFor(engine: PolicyEngine, env: CallEnv): PolicyEngine["allTools"] {
  return env.method === TOOLS_CALL ? engine.rulesOf(env.tool) : engine.allTools;
}

/** Redacts the arguments of a call that is let through; a number in them may have it refused after all. */
function judged(
  engine: PolicyEngine,
  env: CallEnv,
  decision: Decision,
): { decision: Decision; told: unknown } {
  if (decision.action !== "allow") return { decision, told: undefined };
  try {
    return { decision, told: redactedArguments(engine, env) };
  } catch (fault) {
    const rule = fault instanceof KeptBack
      ? rulesFor(engine, env).redactions.find(({ id }) => id === fault.rule)
      : undefined;
    if (rule === undefined) throw fault;
    return { decision: { ...decision, action: "deny", rule }, told: undefined };
  }
}

function redactedArguments(engine: PolicyEngine, env: CallEnv): unknown {
  const { redactions, redactor } = rulesFor(engine, env);
  const rules = argumentRules(redactions, env, "enforce");
  return redacted(env.arguments, redactor, rules, () => false, "server");
}

/**
 * The result is redacted as a part of its message, since what the protocol exempts hangs on the place;
 * undefined for one that is kept back, for a number in it.
 */
function redactedResult(engine: PolicyEngine, env: CallEnv, result: unknown): unknown {
  if (result === undefined) return undefined;
  const { redactions, redactor } = rulesFor(engine, env);
  const message = { jsonrpc: "2.0", id: 1, result };
  const rules = answerRules(redactions, env, "enforce");
  try {
    const clean = redacted(message, redactor, rules, isProtocolWord, "agent");
    return (clean as typeof message).result;
  } catch (fault) {
    if (fault instanceof KeptBack) return undefined;
    throw fault;
  }
}

function redacted(
  value: unknown,
  redactor: Redactor,
  rules: readonly RedactRule[],
  isExempt: Exemption,
  to: Destination = "record",
): unknown {
  if (value === undefined || rules.length === 0) return value;
  const bytes = encoder.encode(JSON.stringify(value));
  if (!redactor.mayMatch(bytes, 0, bytes.length)) return value;
  return JSON.parse(decoder.decode(redactor.redactJson(bytes, rules, isExempt, to)));
}

/** Gives the call as it may be shown: without anything that a redact rule of its tool matches. */
function shownEnv(engine: PolicyEngine, env: CallEnv): CallEnv {
  const { redactions, redactor } = rulesFor(engine, env);
  const { agentName } = env;
  return {
    ...env,
    arguments: redacted(env.arguments, redactor, redactions, () => false),
    result: redacted(env.result, redactor, redactions, () => false),
    agentName: agentName === null ? null : redactor.redactText(agentName, redactions),
  };
}
