/**
 * The stage that keeps AgentGate's own files out of an agent's reach.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import type { Refusal } from "../session/call.ts";
import type { Stage } from "../session/pipeline.ts";
import type { Message } from "../wire/message.ts";
import type { OwnFiles } from "./own_files.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const ARGUMENTS = encoder.encode("arguments");

/** Refuses what names one of our files (`[policy] protect_self`). */
export function selfStage(own: OwnFiles): Stage {
  const judge = (bytes: Uint8Array | null): Refusal | undefined => {
    if (bytes === null) return undefined;
    const text = decoder.decode(bytes);
    const named = own.mayNameInJson(text) ? own.namedIn(JSON.parse(text)) : undefined;
    return named === undefined ? undefined : refusal(named);
  };
  return {
    name: "self",
    onRequest: (_call, message: Message) => judge(message.member(ARGUMENTS)),
    onOtherRequest: (message) => judge(message.bodyBytes),
  };
}

function refusal(named: string): Refusal {
  return {
    outcome: "denied",
    policyHit: "self",
    code: WIRE_CODES.internalError,
    message: "Blocked: AgentGate's own files are out of an agent's reach. Nothing was executed. " +
      "Do not repeat the call; ask the operator.",
    data: { rule: "self", outcome: "denied" },
    detail: `names ${named}`,
  };
}
