/**
 * Recorded calls, as far as there is something to learn from them.
 *
 * @module
 */

import { loadPatterns } from "../../patterns/pattern.ts";
import { PolicyEngine, RuleBuckets } from "../../policy/engine.ts";
import { parsePolicy } from "../../policy/load.ts";
import { EVERYWHERE, maskedPlaces } from "../../policy/masked_places.ts";
import { resolvedNow } from "../../policy/matchers.ts";
import { TOOLS_CALL } from "../../policy/methods.ts";
import {
  type Facts,
  factsOf,
  isOld,
  recordedDecision,
  type RecordedRow,
} from "../replay/recorded_call.ts";
import type { LearnedCall } from "./tool.ts";

/** Why a call that was let through teaches nothing. */
export type Untaught = "recorded before facts were" | "truncated" | "masked";

/** What it takes to find secrets that no rule has masked. */
const SECRETS = `[[rules]]\nid = "s"\ntool = "*"\naction = "redact"\ndetect = ["secrets"]\n`;

/** Finds the secrets in the arguments of calls. Dispose of it. */
export class SecretFinder implements Disposable {
  readonly #engine: PolicyEngine;

  private constructor(engine: PolicyEngine) {
    this.#engine = engine;
  }

  /** Loads the detectors. */
  static async load(): Promise<SecretFinder> {
    const patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "secrets", text: SECRETS }], patterns);
    return new SecretFinder(new PolicyEngine(policy, "", patterns, new RuleBuckets()));
  }

  /** JSON pointers of what holds one. */
  in(json: string, value: unknown): readonly string[] {
    const { redactor, redactions } = this.#engine.allTools, bytes = encoder.encode(json);
    if (!redactor.mayMatch(bytes, 0, bytes.length)) return [];
    const clean = decoder.decode(redactor.redactJson(bytes, redactions));
    return maskedPlaces(value, JSON.parse(clean));
  }

  [Symbol.dispose](): void {
    this.#engine.patterns[Symbol.dispose]();
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Ends of calls that have done what they should. */
const WENT_WELL: ReadonlySet<string> = new Set(["ok", "task"]);

/**
 * What a row teaches.
 *
 * @returns Null for a call that was refused, that failed, or that is none; otherwise why not.
 */
export function learnedCall(
  row: RecordedRow,
  secrets: SecretFinder,
): { readonly call: LearnedCall; readonly hasSecrets: boolean } | Untaught | null {
  if (row.method !== null && row.method !== TOOLS_CALL) return null;
  const made = recordedDecision(row);
  if (typeof made === "string" || made.action !== "allow") return null;
  if (!WENT_WELL.has(row.outcome)) return null;
  if (isOld(row)) return "recorded before facts were";
  const facts = factsOf(row), { masked = [] } = facts;
  if (facts.truncated) return "truncated";
  if (["", EVERYWHERE, "#tool"].some((place) => masked.includes(place))) return "masked";
  const args = parsed(row.arguments);
  if (args === null) return "masked";
  const found = row.arguments === null ? [] : secrets.in(row.arguments, args.value);
  if (found.some((place) => place === "" || place === EVERYWHERE)) return "masked";
  return {
    call: {
      id: row.id,
      session: row.session_id ?? "",
      timestamp: row.timestamp,
      arguments: args.value,
      masked: [...masked.filter((place) => place.startsWith("/")), ...found],
      led: ledBy(facts),
    },
    hasSecrets: found.length > 0,
  };
}

/** Where paths have led; what the log does not say, the file system says now. */
export function ledBy({ paths = {} }: Facts): (path: string) => string {
  return (path) => paths[path] ?? resolvedNow(path);
}

function parsed(text: string | null): { readonly value: unknown } | null {
  if (text === null) return { value: undefined };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
