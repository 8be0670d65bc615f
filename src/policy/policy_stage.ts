/**
 * The stage that decides: allow, deny, and the limits of rules.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Call, Refusal } from "../session/call.ts";
import { CallNote } from "../call_note.ts";
import { OUTAGE_WAIT_MS, OUTAGE_WORDS } from "../limits/tokens.ts";
import type { Hold, Settle, Stage } from "../session/pipeline.ts";
import { type RuleBuckets, type SharedCounter, wholeMicros } from "./engine.ts";
import { FactRecorder } from "./facts.ts";
import { LiveEnv, methodEnv, type PolicyHolder, type SessionFacts } from "./live.ts";
import { placesHere } from "./matchers.ts";
import { isJudged } from "./methods.ts";
import { PathNotes } from "./path_notes.ts";
import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import type { Decision } from "./walk.ts";

/** What a call was let through on: its rules' tokens, taken or owed. */
const COUNTER = new CallNote<SharedCounter>();

/** The decision is asked of the engine that is in force when the call comes. */
export function policyStage(
  holder: PolicyHolder,
  buckets: RuleBuckets,
  facts: SessionFacts,
  scan: ScanLimits,
  recorder: FactRecorder = new FactRecorder(facts.catalogue, new PathNotes(), placesHere()),
): Stage {
  let sessionCalls = 0;
  return {
    name: "policy",
    onRequest(call, message) {
      const { engine } = holder;
      const env = new LiveEnv(call, message, sessionCalls++, facts, engine);
      holder.begin(call, engine, env);
      const counter = buckets.sharedCounter(wholeMicros(call.startedMono));
      recorder.paths.take();
      const decision = withinScanTime(
        engine.patterns,
        scan,
        () => engine.decide(env, counter),
      );
      env.endJudging();
      call.policy = recorder.of(engine, call.tool, decision, env.sessionCalls);
      call.addShadowHits(decision.shadow);
      if (decision.action !== "allow") return refusalOf(decision, counter.isOutage);
      COUNTER.put(call, counter);
      const { redactions } = engine.rulesOf(call.tool);
      if (redactions.some(({ readsResult }) => readsResult)) env.keepArguments();
      return counter.owed.length === 0
        ? undefined
        : holdFor(call, counter, () => COUNTER.of(call) !== undefined, buckets);
    },
    onOtherRequest(message, client) {
      const { engine } = holder;
      if (!engine.judgesMethods || !isJudged(message.method)) return undefined;
      const env = methodEnv(message, client, sessionCalls, facts, engine);
      recorder.paths.take();
      const decision = withinScanTime(
        engine.patterns,
        scan,
        () => engine.decide(env, buckets.counter()),
      );
      if (decision.action === "allow") return undefined;
      const policy = recorder.of(engine, "", decision, sessionCalls);
      return { ...methodRefusalOf(decision, message.method), policy };
    },
    onHeld: (call) => holder.envOf(call)?.keepArguments(),
    onEnd(call) {
      if (!call.forwarded) COUNTER.of(call)?.giveBack();
      COUNTER.remove(call);
    },
  };
}

/** Holds a call until the tokens that it was let through on are taken, or refused. */
function holdFor(
  call: Call,
  counter: SharedCounter,
  isWanted: () => boolean,
  buckets: RuleBuckets,
): Hold {
  const goOn = (settle: Settle): void => {
    while (isWanted() && counter.owed.length > 0) {
      const { rule, bucket } = counter.owed[0]!, answer = bucket.take(buckets.now);
      if (answer === "unknown") return bucket.whenKnown(() => goOn(settle));
      if (answer === undefined) {
        counter.took(bucket);
        counter.owed.shift();
        continue;
      }
      counter.giveBack();
      if (call.policy !== null) {
        call.policy = { ...call.policy, decision: `rate_limit:${rule.id}` };
      }
      const isOutage = answer === "outage", waitMs = isOutage ? OUTAGE_WAIT_MS : answer;
      return settle(refusalOf({ action: "rate_limit", rule, waitMs, shadow: [] }, isOutage));
    }
    if (isWanted()) settle();
  };
  return {
    isBrief: true,
    start: (settle) => counter.owed[0]!.bucket.whenKnown(() => goOn(settle)),
  };
}

/**
 * Refusal by a rule: it never says what the rule looked for.
 *
 * @param isOutage Whether it is a limit that is not known, as nobody could be asked.
 */
export function refusalOf({ action, rule, waitMs }: Decision, isOutage = false): Refusal {
  const id = rule?.id ?? "default";
  if (action === "rate_limit") {
    const seconds = Math.ceil(waitMs / 1000);
    return {
      outcome: "rate_limited",
      policyHit: id,
      code: WIRE_CODES.rateLimited,
      message: `${limitWords(rule, isOutage)}. The tool was not executed. ` +
        `Wait ${seconds} s before you call it again.`,
      ...(isOutage ? { detail: OUTAGE_WORDS } : {}),
      data: { rule: id, outcome: "rate_limited", retry_after_secs: seconds },
    };
  }
  const said = rule?.message ??
    (rule === null ? "Blocked: no policy rule allows this call" : `Blocked by policy rule '${id}'`);
  return {
    outcome: "denied",
    policyHit: id,
    code: WIRE_CODES.internalError,
    message:
      `${said}. The tool was not executed. Do not repeat the call; change it, or ask the operator.`,
    data: { rule: id, outcome: "denied" },
  };
}

function limitWords(rule: Decision["rule"], isOutage: boolean): string {
  const id = rule?.id ?? "default";
  if (isOutage) return `The limit of policy rule '${id}' is not known: ${OUTAGE_WORDS}`;
  return rule?.message ?? `The limit of policy rule '${id}' is reached`;
}

/** Refusal of a request that calls no tool. */
function methodRefusalOf({ rule }: Decision, method: string): Refusal {
  const id = rule?.id ?? "default";
  const said = rule?.message ??
    (rule === null
      ? `Blocked: no policy rule allows the method ${method}`
      : `Blocked by policy rule '${id}'`);
  return {
    outcome: "denied",
    policyHit: id,
    code: WIRE_CODES.internalError,
    message: `${said}. Nothing was executed. Do not repeat the request; ask the operator.`,
    data: { rule: id, outcome: "denied" },
  };
}
