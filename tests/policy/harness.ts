/** A session with a policy, on linked in-memory pipes. */

import type { Log } from "../../src/log.ts";
import { PolicyEngine, RuleBuckets } from "../../src/policy/engine.ts";
import { ToolCatalogue } from "../../src/policy/catalogue.ts";
import { catalogueStage } from "../../src/policy/catalogue_stage.ts";
import { PolicyHolder, type SessionFacts } from "../../src/policy/live.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { OutputSchemas } from "../../src/redaction/output_schema.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import type { ScanLimits } from "../../src/patterns/scan_budget.ts";
import { policyStage } from "../../src/policy/policy_stage.ts";
import { redactStage } from "../../src/policy/redact_stage.ts";
import { Harness, type HarnessOptions } from "../session/harness.ts";

/** A session, the policy in force, and what the server has said of its tools. */
export interface PolicyHarness extends Harness {
  readonly holder: PolicyHolder;
  readonly catalogue: ToolCatalogue;
  /** Puts another policy in force. */
  load(toml: string): Promise<void>;
}

/** A session whose calls are decided and redacted by the TOML text of a policy. */
export async function withPolicy(
  toml: string,
  options: HarnessOptions & { scan?: Partial<ScanLimits>; hide?: boolean } = {},
): Promise<PolicyHarness> {
  const clock: { now: () => number } = { now: () => 1000 };
  const buckets = new RuleBuckets(() => clock.now());
  const engine = async (text: string) => {
    const patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "policy.toml", text }], patterns);
    return new PolicyEngine(policy, "server", patterns, buckets);
  };
  const first = await engine(toml);
  const holder = new PolicyHolder(first);
  const catalogue = new ToolCatalogue();
  const facts: SessionFacts = { server: "server", sessionId: "session", catalogue };
  const scan = { maxScanWork: 1e9, maxScanMs: 10_000, ...options.scan };
  const schemas = new OutputSchemas(first.patterns);
  const harness: Harness = new Harness({
    ...options,
    stages: [
      policyStage(holder, buckets, facts, scan),
      ...options.stages ?? [],
      catalogueStage(catalogue, holder, options.hide ?? true),
      redactStage({ holder, catalogue, scan, schemas: () => schemas }),
    ],
  });
  clock.now = () => harness.nowMs;
  return Object.assign(harness, {
    holder,
    catalogue,
    load: async (text: string) => holder.replace(await engine(text)),
  });
}

/** A rule as TOML. */
export function rule(id: string, fields: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries({ id, tool: "*", ...fields })
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[[rules]]\n${lines.join("\n")}\n`;
}

/** A log that keeps nothing. */
export const SILENT: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  enabled: () => false,
  pass: () => {},
  flush: () => Promise.resolve(),
};
