/**
 * What is recorded of a decision so that it can be repeated.
 *
 * @module
 */

import type { PolicyFacts } from "../session/call.ts";
import type { Fact } from "../session/facts.ts";
import type { ToolCatalogue } from "./catalogue.ts";
import { digestNow } from "./digest.ts";
import type { PolicyEngine } from "./engine.ts";
import type { ServerPlaces } from "./matchers.ts";
import type { PathNotes } from "./path_notes.ts";
import type { RecordedPolicy } from "./recorded_policy.ts";
import type { Rule } from "./rules.ts";
import type { Decision } from "./walk.ts";

/** Annotations that are recorded, in characters; longer ones are not. */
export const MAX_ANNOTATION_CHARS: number = 64 * 1024;

/** Texts of annotations whose digest is remembered. */
const REMEMBERED = 1024;

/** The digest that is recorded, and whether a part of the text was redacted. */
interface Annotations {
  readonly digest: string;
  readonly isMasked: boolean;
}

/** Decisions that no rule has made. */
const DEFAULT_WORDS: Readonly<Record<Decision["action"], string>> = Object.freeze({
  allow: "allow:default",
  deny: "deny:default",
  rate_limit: "rate_limit:default",
});

/** Records what one gateway's policies knew. */
export class FactRecorder {
  /** Called with each fact; none is told before a call was decided. */
  onFact: (fact: Fact) => void = () => {};
  readonly #waiting: Fact[] = [];
  #policies = new WeakMap<PolicyEngine, RecordedPolicy>();
  readonly #words = new WeakMap<Rule, string>();
  #annotations = new Map<string, Annotations>();
  #annotatedBy: PolicyEngine | undefined;

  constructor(
    readonly catalogue: ToolCatalogue,
    readonly paths: PathNotes,
    readonly places: ServerPlaces,
  ) {}

  /** Notes that a policy is in force. */
  inForce(engine: PolicyEngine, policy: RecordedPolicy): void {
    const { digest, text } = policy, { name } = engine.policy;
    this.#policies.set(engine, policy);
    this.#waiting.push(
      { kind: "policy", digest, name, text },
      { kind: "in_force", digest, sinceUs: Math.round(engine.sinceMs * 1000), ...this.places },
    );
  }

  /** Facts of a decision, which was made just now. */
  of(
    engine: PolicyEngine,
    tool: string,
    { action, rule }: Decision,
    sessionCalls: number,
  ): PolicyFacts {
    if (this.#waiting.length > 0) { for (const fact of this.#waiting.splice(0)) this.onFact(fact); }
    const policy = this.#policies.get(engine), paths = this.paths.take();
    const decision = this.#wordOf(action, rule), digest = policy?.digest ?? null;
    const asks = tool !== "" && engine.rulesOf(tool).asksAnnotations;
    if (!asks) return { decision, digest, sessionCalls, paths };
    const annotations = this.#annotationsOf(engine, tool);
    return {
      ...{ decision, digest, sessionCalls, paths },
      annotations: annotations?.digest,
      hasMaskedAnnotations: annotations?.isMasked ?? false,
    };
  }

  /** `deny:no-rm`: the same text each time, so that whoever packs it need not read it again. */
  #wordOf(action: Decision["action"], rule: Rule | null): string {
    if (rule === null) return DEFAULT_WORDS[action];
    let word = this.#words.get(rule);
    if (word === undefined) this.#words.set(rule, word = `${action}:${rule.id}`);
    return word;
  }

  #annotationsOf(engine: PolicyEngine, tool: string): Annotations | undefined {
    const text = this.catalogue.annotationsTextOf(tool) ?? "";
    if (text.length > MAX_ANNOTATION_CHARS) return undefined;
    if (this.#annotatedBy !== engine || this.#annotations.size >= REMEMBERED) {
      this.#annotations.clear();
      this.#annotatedBy = engine;
    }
    let known = this.#annotations.get(text);
    if (known === undefined) {
      const json = masked(engine, text), digest = digestNow(json);
      this.#annotations.set(text, known = { digest, isMasked: json !== text });
      this.onFact({ kind: "annotations", digest, json });
    }
    return known;
  }
}

function masked({ allTools: { redactor } }: PolicyEngine, text: string): string {
  return text === "" || redactor.rules.length === 0
    ? text
    : decoder.decode(redactor.redactJson(encoder.encode(text), redactor.rules));
}

const encoder = new TextEncoder(), decoder = new TextDecoder();
