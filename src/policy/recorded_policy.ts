/**
 * What the log keeps of a policy that is in force.
 *
 * @module
 */

import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import { digestOf } from "./digest.ts";
import type { PolicyEngine } from "./engine.ts";
import { LOST_TEXT, markMasked, policyText } from "./policy_text.ts";

/** A policy as the log keeps it. */
export interface RecordedPolicy {
  readonly digest: string;
  /** Without what redact rules match. */
  readonly text: string;
}

/** The policy of an engine without what it redacts itself. */
export async function recordedPolicy(
  engine: PolicyEngine,
  scan: ScanLimits,
): Promise<RecordedPolicy> {
  const text = maskedText(engine, scan);
  return { text, digest: await digestOf(text) };
}

function maskedText({ policy, patterns, allTools: { redactor } }: PolicyEngine, scan: ScanLimits) {
  const text = policyText(policy.sources);
  if (redactor.rules.length === 0) return text;
  try {
    const masked = withinScanTime(
      patterns,
      scan,
      () => redactor.redactText(text, redactor.rules),
    );
    return masked === text ? text : markMasked(masked);
  } catch {
    return LOST_TEXT;
  }
}
