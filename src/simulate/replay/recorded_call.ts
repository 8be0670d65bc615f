/**
 * A recorded call, as a replay sees it.
 *
 * @module
 */

import { isPolicyHit } from "../../session/hits.ts";
import { TOOLS_CALL } from "../../policy/methods.ts";
import type { Decision } from "../../policy/walk.ts";

/** A row of the log; see `columns.ts` of the audit log. */
export interface RecordedRow {
  readonly id: string;
  readonly timestamp: string;
  readonly agent_id: string | null;
  readonly agent_version: string | null;
  readonly session_id: string | null;
  readonly server_name: string;
  readonly tool_name: string;
  readonly method: string | null;
  readonly arguments: string | null;
  readonly status: string;
  readonly outcome: string;
  readonly policy_hit: string | null;
  readonly latency_us: number | null;
  readonly shadow_hits: string | null;
  readonly forwarded: number | null;
  readonly policy_decision: string | null;
  readonly policy_digest: string | null;
  readonly run: string | null;
  readonly session_calls: number | null;
  readonly mono_us: number | null;
  readonly facts: string | null;
}

/** What the log says of a call besides its row. */
export interface Facts {
  readonly masked?: readonly string[];
  readonly truncated?: true;
  readonly annotations?: string;
  readonly paths?: Readonly<Record<string, string | null>>;
}

/** A decision, and the rule that made it: `default` for none, null where nobody knows. */
export interface Made {
  readonly action: Decision["action"];
  readonly rule: string | null;
}

/** A decision in one word: `deny:no-rm-rf`. */
export function wordOf({ action, rule }: Made): string {
  return rule === null ? action : `${action}:${rule}`;
}

/** Facts of a row, which is JSON of our own: what it is not says nothing. */
export function factsOf({ facts }: Pick<RecordedRow, "facts">): Facts {
  if (facts === null) return NO_FACTS;
  try {
    return JSON.parse(facts) as Facts;
  } catch {
    return { masked: ["*"] };
  }
}

const NO_FACTS: Facts = Object.freeze({});

/** Whether a row was written before facts were. */
export function isOld({ run }: RecordedRow): boolean {
  return run === null;
}

/** Milliseconds on the monotonic clock of its run at which a call came. */
export function nowOf({ mono_us: us }: Pick<RecordedRow, "mono_us">): number {
  return (us ?? 0) / 1000;
}

/** What was decided on a call; or the reason why no policy was asked. */
export function recordedDecision(row: RecordedRow): Made | string {
  const { policy_decision: decision, policy_hit: hit, outcome } = row;
  if (decision !== null) {
    const cut = decision.indexOf(":"), rule = decision.slice(cut + 1);
    return { action: decision.slice(0, cut) as Made["action"], rule };
  }
  if (!isOld(row)) {
    // It went on, so there was nobody to ask; what did not was refused by something else.
    return row.forwarded === 1 ? PASSED : hit ?? outcome;
  }
  if (outcome === "malformed") return outcome;
  if (row.method !== null && row.method !== TOOLS_CALL) return "another method";
  if (hit === null || LATER.has(hit)) return PASSED;
  if (row.status === "rate_limited") return { action: "rate_limit", rule: hit };
  if (hit === "default" || !isPolicyHit(hit)) return { action: "deny", rule: hit };
  return hit;
}

/** Let through, by whatever rule. */
const PASSED: Made = Object.freeze({ action: "allow", rule: null });

/** What refuses behind the policy, and so calls that it has let through. */
const LATER: ReadonlySet<string> = new Set([
  ...["global", "per-agent", "per-tool", "limits", "circuit-breaker", "timeout", "inspection"],
  ...["redaction", "batch", "held"],
]);

/** What shadow rules would have decided; that they would have redacted is no decision. */
export function recordedShadow({ shadow_hits: hits }: RecordedRow): readonly string[] {
  if (hits === null) return [];
  try {
    const all: unknown = JSON.parse(hits);
    return Array.isArray(all) ? all.filter((hit) => !`${hit}`.startsWith("would_redact:")) : [];
  } catch {
    return [];
  }
}
