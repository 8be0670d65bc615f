/**
 * The limits of `[rate_limits]`: global, per agent, per tool. Each is off unless it is set.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Refusal } from "../session/call.ts";
import { CallNote } from "../call_note.ts";
import type { Hold, Stage } from "../session/pipeline.ts";
import { BucketMap, type Forgettable } from "./bucket_map.ts";
import type { Leases, LimitKind } from "./leases.ts";
import { TokenBucket } from "./token_bucket.ts";
import { OUTAGE_WAIT_MS, OUTAGE_WORDS, type Tokens } from "./tokens.ts";

/** Options of a {@link RateLimiter}: calls a minute; undefined for no limit. */
export interface RateLimits {
  readonly globalMaxCallsPerMinute: number | undefined;
  readonly perAgentMaxCallsPerMinute: number | undefined;
  readonly perToolMaxCallsPerMinute: number | undefined;
}

/** The column `policy_hit` of a call that such a limit refused. */
export type LimitScope = "global" | "per-agent" | "per-tool";

/** Limits that all gateways share, and the server that this one stands before. */
export interface SharedLimits {
  readonly leases: Leases;
  readonly server: string;
}

const MINUTE_MS = 60_000;

/** What a call has taken from buckets. */
const SPENT = new CallNote<Tokens[]>();

type Bucket = Tokens & Forgettable;
type Scoped = readonly [LimitScope, Tokens];

/** The buckets of one gateway, shared by its sessions. */
export class RateLimiter {
  readonly #global: Bucket | undefined;
  readonly #perAgent: BucketMap<Bucket> | undefined;
  /** Of agents that no other gateway can know. */
  readonly #perOwnAgent: BucketMap<Bucket> | undefined;
  readonly #perTool: BucketMap<Bucket> | undefined;
  readonly #now: () => number;

  /**
   * @param now Monotonic milliseconds.
   * @param shared Where the limits are those of all gateways together.
   */
  constructor(
    limits: RateLimits,
    now: () => number = () => performance.now(),
    shared?: SharedLimits,
  ) {
    const { globalMaxCallsPerMinute, perAgentMaxCallsPerMinute, perToolMaxCallsPerMinute } = limits;
    const ownBuckets = (maxCalls: number) => (_name: string, now: number): Bucket =>
      new TokenBucket({ maxCalls, windowMs: MINUTE_MS }, now);
    const bucketsOf = (maxCalls: number, kind: LimitKind, scope = "") => {
      if (shared === undefined) return ownBuckets(maxCalls);
      const limit = { maxCalls, windowMs: MINUTE_MS };
      return (name: string): Bucket => shared.leases.bucket(kind, scope + name, limit);
    };
    this.#now = now;
    if (globalMaxCallsPerMinute !== undefined) {
      this.#global = bucketsOf(globalMaxCallsPerMinute, "global")("", now());
    }
    if (perAgentMaxCallsPerMinute !== undefined) {
      this.#perAgent = new BucketMap(bucketsOf(perAgentMaxCallsPerMinute, "agent"));
      this.#perOwnAgent = new BucketMap(ownBuckets(perAgentMaxCallsPerMinute));
    }
    if (perToolMaxCallsPerMinute !== undefined) {
      const server = JSON.stringify(shared?.server ?? "");
      this.#perTool = new BucketMap(bucketsOf(perToolMaxCallsPerMinute, "tool", server));
    }
  }

  /**
   * Makes the stage of one session; the buckets are the gateway's, so all sessions share them.
   *
   * @param agentOf Gives the connection, session or credential: never a name that an agent gives
   *   itself. A text is a session that only this gateway has.
   * @returns A stage that refuses calls past a limit.
   */
  stage(agentOf: string | (() => string)): Stage {
    return {
      name: "limits",
      onRequest: (call) => {
        const limits = [...this.#bucketsOf(agentOf, call.tool, this.#now())];
        const taken: Tokens[] = [];
        const answer = this.#take(limits, taken);
        if (taken.length > 0 || isUnknown(answer)) SPENT.put(call, taken);
        if (!isUnknown(answer)) return answer;
        return this.#hold(answer, limits, taken, () => SPENT.of(call) !== undefined);
      },
      onEnd: (call) => {
        if (!call.forwarded) { for (const bucket of SPENT.of(call) ?? []) bucket.giveBack(); }
        SPENT.remove(call);
      },
    };
  }

  /** Takes what is not taken yet: all, or up to one that is unknown; or gives all back and refuses. */
  #take(limits: readonly Scoped[], taken: Tokens[]): Refusal | Tokens | undefined {
    const now = this.#now();
    while (taken.length < limits.length) {
      const [scope, bucket] = limits[taken.length]!;
      const answer = bucket.take(now);
      if (answer === "unknown") return bucket;
      if (answer !== undefined) {
        for (const other of taken.splice(0)) other.giveBack();
        return answer === "outage" ? outageRefusal(scope) : refusal(scope, answer);
      }
      taken.push(bucket);
    }
  }

  #hold(
    first: Tokens,
    limits: readonly Scoped[],
    taken: Tokens[],
    isWanted: () => boolean,
  ): Hold {
    return {
      isBrief: true,
      start: (settle) => {
        const goOn = () => {
          if (!isWanted()) return;
          const answer = this.#take(limits, taken);
          if (isUnknown(answer)) answer.whenKnown(goOn);
          else settle(answer);
        };
        first.whenKnown(goOn);
      },
    };
  }

  *#bucketsOf(agentOf: string | (() => string), tool: string, now: number): Generator<Scoped> {
    if (this.#global !== undefined) yield ["global", this.#global];
    const isOwn = typeof agentOf === "string";
    const perAgent = isOwn ? this.#perOwnAgent : this.#perAgent;
    if (perAgent !== undefined) {
      yield ["per-agent", perAgent.of(isOwn ? agentOf : agentOf(), now)];
    }
    if (this.#perTool !== undefined) yield ["per-tool", this.#perTool.of(tool, now)];
  }
}

function isUnknown(answer: Refusal | Tokens | undefined): answer is Tokens {
  return answer !== undefined && "take" in answer;
}

const WHAT: Readonly<Record<LimitScope, string>> = {
  global: "the limit on all calls",
  "per-agent": "the limit on this session's calls",
  "per-tool": "the limit on calls of this tool",
};

function refusal(scope: LimitScope, waitMs: number): Refusal {
  return refusalFor(scope, `${WHAT[scope]} is reached`, waitMs);
}

function outageRefusal(scope: LimitScope): Refusal {
  return {
    ...refusalFor(scope, `${WHAT[scope]} is not known: ${OUTAGE_WORDS}`, OUTAGE_WAIT_MS),
    detail: OUTAGE_WORDS,
  };
}

function refusalFor(scope: LimitScope, reason: string, waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    outcome: "rate_limited",
    policyHit: scope,
    code: WIRE_CODES.rateLimited,
    message: `The tool was not executed: ${reason}. Wait ${seconds} s before you call again.`,
    data: { scope, outcome: "rate_limited", retry_after_secs: seconds },
  };
}
