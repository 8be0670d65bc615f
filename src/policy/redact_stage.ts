/**
 * The stage that redacts: arguments on their way to the server, everything that comes back, and
 * what is recorded of either.
 *
 * @module
 */

import type { Call } from "../session/call.ts";
import { type Message, TOOLS_CALL } from "../wire/message.ts";
import type { Passage, Stage } from "../session/pipeline.ts";
import type { RecordDraft } from "../session/record.ts";
import { splice } from "../wire/edits.ts";
import type { PolicyEngine } from "./engine.ts";
import type { ToolCatalogue } from "./catalogue.ts";
import type { LiveEnv, PolicyHolder } from "./live.ts";
import type { Destination } from "../redaction/numbers.ts";
import type { Exemption, Redactor } from "../redaction/redactor.ts";
import { maskedPlaces } from "./masked_places.ts";
import type { LedPaths } from "./path_notes.ts";
import { answerRules, argumentRules, redactsArguments } from "./redact_rules.ts";
import type { OutputSchemas } from "../redaction/output_schema.ts";
import type { RedactRule } from "./rules.ts";
import { isProtocolWord } from "../redaction/protocol_words.ts";
import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const ARGUMENTS = encoder.encode("arguments"), INPUT = encoder.encode("inputResponses");
const META = encoder.encode("_meta");

const NOTHING_EXEMPT: Exemption = () => false;
const isProtocolMeta: Exemption = (path, isKey, isNumber) =>
  isProtocolWord(["params", "_meta", ...path], isKey, isNumber);

/** Text that the agent gets instead of a result that redacting has made invalid. */
const WITHHELD =
  "The tool was executed, but its result is withheld: with what the policy masks in " +
  "it, it no longer fits the tool's output schema. Ask the operator.";

/** Options of the stage. */
export interface RedactOptions {
  readonly holder: PolicyHolder;
  readonly catalogue: ToolCatalogue;
  readonly schemas: () => OutputSchemas | null;
  readonly scan: ScanLimits;
}

/** Makes the stage; one serves any number of sessions. */
export function redactStage(options: RedactOptions): Stage {
  return new RedactStage(options);
}

class RedactStage implements Stage {
  readonly name = "redaction";
  readonly #options: RedactOptions;
  /** Calls whose arguments no rule of their tool matches anywhere. */
  readonly #cleanArguments = new WeakSet<Call>();
  /** Calls whose answer, which is about to be recorded, none matches. */
  readonly #cleanAnswers = new WeakSet<Call>();

  constructor(options: RedactOptions) {
    this.#options = options;
  }

  onMessage(message: Message, passage: Passage): void {
    const { holder, scan } = this.#options, { call, direction } = passage;
    const engine = call === null ? holder.engine : holder.engineOf(call);
    if (!engine.redacts) return;
    withinScanTime(engine.patterns, scan, () => {
      if (direction === "to_agent") this.#redactForAgent(engine, message, passage);
      else if (call !== null && message.isCall) this.#redactForServer(engine, message, call);
      else this.#redactOther(engine, message);
    });
  }

  onRecord(call: Call, draft: RecordDraft): void {
    const { holder, scan } = this.#options, engine = holder.engineOf(call);
    if (!engine.redacts) return;
    // What was found clean by the rules of its tool alone is not clean by every rule.
    const isClean = this.#cleanAnswers.delete(call) && !call.isUncertain;
    // A call that never began is nobody's: every rule is for it.
    const { redactor } = holder.hasBegun(call) && !call.isUncertain
      ? engine.rulesOf(call.tool)
      : engine.allTools;
    if (redactor.rules.length > 0) {
      withinScanTime(
        engine.patterns,
        scan,
        () => this.#redactRecord(call, draft, redactor, isClean),
      );
    }
  }

  #redactRecord(call: Call, draft: RecordDraft, redactor: Redactor, isClean: boolean): void {
    const text = <T extends string | null>(value: T): T =>
      value === null ? value : redactor.redactText(value, redactor.rules) as T;
    const json = (bytes: Uint8Array | null) =>
      bytes !== null && redactor.mayMatch(bytes, 0, bytes.length)
        ? redactor.redactJson(bytes, redactor.rules)
        : bytes;
    const { tool, client } = draft, masked: string[] = [];
    draft.tool = text(tool);
    if (draft.tool !== tool) masked.push("#tool");
    draft.detail = text(draft.detail);
    if (typeof draft.requestId === "string") draft.requestId = text(draft.requestId);
    const { agentName, agentVersion, protocolVersion } = client;
    draft.client = {
      agentName: text(agentName),
      agentVersion: text(agentVersion),
      protocolVersion,
    };
    if (draft.client.agentName !== agentName || draft.client.agentVersion !== agentVersion) {
      masked.push("#agent");
    }
    if (draft.outcome === "open") {
      const redacted = json(draft.arguments);
      if (redacted === draft.arguments) this.#cleanArguments.add(call);
      else masked.push(...maskedPlaces(parsed(draft.arguments!), parsed(redacted!)));
      draft.arguments = redacted;
      if (draft.policy?.paths !== undefined) {
        draft.policy = { ...draft.policy, paths: maskedPaths(draft.policy.paths, text) };
      }
    } else draft.arguments = json(draft.arguments);
    if (!isClean) draft.result = json(draft.result);
    if (masked.length > 0) draft.masked = masked;
  }

  #redactForServer(engine: PolicyEngine, message: Message, call: Call): void {
    const { redactions, redactor } = engine.rulesOf(call.tool);
    const env = this.#options.holder.envOf(call);
    if (redactions.length === 0 || env === undefined) return;
    const values: (readonly [Uint8Array | null, Exemption])[] = [
      [message.member(INPUT), NOTHING_EXEMPT],
      [message.member(META), isProtocolMeta],
    ];
    if (!this.#cleanArguments.has(call)) values.push([message.member(ARGUMENTS), NOTHING_EXEMPT]);
    const { bytes } = message.scanner;
    for (const [value, isExempt] of values) {
      if (value === null) continue;
      const start = value.byteOffset - bytes.byteOffset, end = start + value.length;
      if (!redactor.mayMatch(bytes, start, end)) continue;
      const edits = (rules: readonly RedactRule[], to: Destination = "record") =>
        redactor.edits(bytes, start, end, rules, isExempt, to);
      for (const edit of edits(argumentRules(redactions, env, "enforce"), "server")) {
        message.edit(edit.start, edit.end, edit.replacement);
      }
      noteShadows(call, argumentRules(redactions, env, "shadow"), edits);
    }
  }

  /** Redacts what calls no tool: params of other requests, answers to the server, by every rule. */
  #redactOther(engine: PolicyEngine, message: Message): void {
    const { redactions, redactor } = engine.allTools;
    const { start, end } = message.element, { bytes } = message.scanner;
    if (message.body < 0 || !redactor.mayMatch(bytes, start, end)) return;
    const rules = redactions.filter((rule) => rule.mode === "enforce" && redactsArguments(rule));
    for (const edit of redactor.edits(bytes, start, end, rules, isProtocolWord, "server")) {
      message.edit(edit.start, edit.end, edit.replacement);
    }
  }

  #redactForAgent(engine: PolicyEngine, message: Message, { call, method }: Passage): void {
    const { redactions, redactor } = call === null || call.isUncertain
      ? engine.allTools
      : engine.rulesOf(call.tool);
    const { start, end } = message.element, { bytes } = message.scanner;
    if (!redactor.mayMatch(bytes, start, end)) {
      // The next record is of this answer; after what is said of a task it may be of another message.
      if (call !== null && method === TOOLS_CALL) this.#cleanAnswers.add(call);
      return;
    }
    const editsOf = (rules: readonly RedactRule[], to: Destination = "record") =>
      redactor.edits(bytes, start, end, rules, isProtocolWord, to);
    const env = this.#answeredEnv(call, redactions, message);
    const edits = editsOf(answerRules(redactions, env, "enforce"), "agent");
    if (call !== null) noteShadows(call, answerRules(redactions, env, "shadow"), editsOf);
    for (const edit of edits) message.edit(edit.start, edit.end, edit.replacement);
    if (call !== null && edits.length > 0 && !message.failed) {
      const redacted = splice(bytes, start, end, edits);
      if (!this.#keepsPromise(call.tool, redacted)) this.#withhold(message);
    }
  }

  /**
   * Facts of the call and its result for conditions, if any of them asks for the result; else null.
   */
  #answeredEnv(
    call: Call | null,
    rules: readonly RedactRule[],
    message: Message,
  ): LiveEnv | null {
    const result = message.failed ? null : message.bodyBytes;
    if (call === null || result === null || !rules.some((rule) => rule.readsResult)) return null;
    const env = this.#options.holder.envOf(call);
    if (env === undefined) return null;
    env.result = JSON.parse(decoder.decode(result));
    return env;
  }

  /** Whether the redacted answer still fits the tool's output schema, if it has one. */
  #keepsPromise(tool: string, answer: Uint8Array): boolean {
    const schema = this.#options.catalogue.outputSchemaOf(tool);
    const schemas = this.#options.schemas();
    if (schema === undefined || schemas === null) return true;
    const { result } = JSON.parse(decoder.decode(answer));
    if (result?.structuredContent === undefined || result.isError === true) return true;
    return schemas.fits(schema, result.structuredContent);
  }

  #withhold(message: Message): void {
    const body = message.bodyBytes!;
    const start = body.byteOffset - message.scanner.bytes.byteOffset;
    const modern = message.value(encoder.encode("resultType")) !== undefined;
    const result = {
      ...(modern ? { resultType: "complete" } : {}),
      content: [{ type: "text", text: WITHHELD }],
      isError: true,
    };
    message.edit(start, start + body.length, encoder.encode(JSON.stringify(result)));
  }
}

function parsed(json: Uint8Array): unknown {
  return JSON.parse(decoder.decode(json));
}

/** Without what is redacted: of a path that is, nothing is said; where one has led, null. */
function maskedPaths(paths: LedPaths, text: (text: string) => string): LedPaths {
  const kept = Object.entries(paths).filter(([path]) => text(path) === path)
    .map(([path, led]) => [path, led !== null && text(led) === led ? led : null]);
  return Object.fromEntries(kept);
}

/** Records which shadow rules would have redacted something. */
function noteShadows(
  call: Call,
  rules: readonly RedactRule[],
  edits: (rules: readonly RedactRule[]) => readonly unknown[],
): void {
  const hits = rules.filter((rule) => edits([rule]).length > 0).map(({ id }) =>
    `would_redact:${id}`
  );
  call.addShadowHits(hits);
}
