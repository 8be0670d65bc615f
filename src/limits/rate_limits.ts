/**
 * The limits of `[rate_limits]`: global, per agent, per tool. Each is off unless it is set.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Call, Refusal } from "../session/call.ts";
import type { Stage } from "../session/pipeline.ts";
import { BucketMap } from "./bucket_map.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Options of a {@link RateLimiter}: calls a minute; undefined for no limit. */
export interface RateLimits {
  readonly globalMaxCallsPerMinute: number | undefined;
  readonly perAgentMaxCallsPerMinute: number | undefined;
  readonly perToolMaxCallsPerMinute: number | undefined;
}

/** The column `policy_hit` of a call that such a limit refused. */
export type LimitScope = "global" | "per-agent" | "per-tool";

const MINUTE_MS = 60_000;

/** The buckets of one gateway, shared by its sessions. */
export class RateLimiter {
  readonly #global: TokenBucket | undefined;
  readonly #perAgent: BucketMap | undefined;
  readonly #perTool: BucketMap | undefined;
  readonly #now: () => number;

  /** @param now Monotonic milliseconds. */
  constructor(limits: RateLimits, now: () => number = () => performance.now()) {
    const { globalMaxCallsPerMinute, perAgentMaxCallsPerMinute, perToolMaxCallsPerMinute } = limits;
    const limit = (maxCalls: number) => ({ maxCalls, windowMs: MINUTE_MS });
    const map = (calls: number | undefined) => calls && new BucketMap(limit(calls)) || undefined;
    this.#now = now;
    this.#perAgent = map(perAgentMaxCallsPerMinute);
    this.#perTool = map(perToolMaxCallsPerMinute);
    if (globalMaxCallsPerMinute !== undefined) {
      this.#global = new TokenBucket(limit(globalMaxCallsPerMinute), now());
    }
  }

  /**
   * Makes the stage of one session; the buckets are the gateway's, so all sessions share them.
   *
   * @param agentOf Gives the connection, session or credential: never a name that an agent gives itself.
   * @returns A stage that refuses calls past a limit.
   */
  stage(agentOf: string | (() => string)): Stage {
    const spent = new WeakMap<Call, TokenBucket[]>();
    return {
      name: "limits",
      onRequest: (call) => {
        const now = this.#now(), agent = typeof agentOf === "string" ? agentOf : agentOf();
        const taken: TokenBucket[] = [];
        for (const [scope, bucket] of this.#bucketsOf(agent, call.tool, now)) {
          const waitMs = bucket.take(now);
          if (waitMs !== undefined) {
            for (const other of taken) other.giveBack();
            return refusal(scope, waitMs);
          }
          taken.push(bucket);
        }
        if (taken.length > 0) spent.set(call, taken);
      },
      onEnd: (call) => {
        if (!call.forwarded) { for (const bucket of spent.get(call) ?? []) bucket.giveBack(); }
      },
    };
  }

  *#bucketsOf(agent: string, tool: string, now: number): Generator<[LimitScope, TokenBucket]> {
    if (this.#global !== undefined) yield ["global", this.#global];
    if (this.#perAgent !== undefined) yield ["per-agent", this.#perAgent.of(agent, now)];
    if (this.#perTool !== undefined) yield ["per-tool", this.#perTool.of(tool, now)];
  }
}

const WHAT: Readonly<Record<LimitScope, string>> = {
  global: "the limit on all calls",
  "per-agent": "the limit on this session's calls",
  "per-tool": "the limit on calls of this tool",
};

function refusal(scope: LimitScope, waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    outcome: "rate_limited",
    policyHit: scope,
    code: WIRE_CODES.rateLimited,
    message: `The tool was not executed: ${WHAT[scope]} is reached. ` +
      `Wait ${seconds} s before you call again.`,
    data: { scope, outcome: "rate_limited", retry_after_secs: seconds },
  };
}
