/**
 * The stage that learns the tools, and shows the agent those that the policy lets it use.
 *
 * @module
 */

import { elementsOf } from "../wire/json_text.ts";
import type { Message } from "../wire/message.ts";
import type { Stage } from "../session/pipeline.ts";
import type { ToolCatalogue } from "./catalogue.ts";
import type { PolicyHolder } from "./live.ts";

const encoder = new TextEncoder();
const TOOLS = encoder.encode("tools"), CAPABILITIES = encoder.encode("capabilities");
const NOTHING = new Uint8Array(0);

/**
 * Learns the tools from every `tools/list` that passes, and leaves those out that the policy
 * refuses whatever their arguments: an agent should not plan with them.
 *
 * @param hide `[policy] hide_denied_tools`.
 */
export function catalogueStage(
  catalogue: ToolCatalogue,
  holder: PolicyHolder,
  hide: boolean,
): Stage {
  return {
    name: "catalogue",
    onMessage(message, { direction, method }) {
      if (direction !== "to_agent" || message.kind !== "response") return;
      if (method === "initialize") catalogue.tellsChanges = tellsChanges(message);
      // An answer whose request is not known here is a list of tools if it looks like one.
      if (method !== "tools/list" && method !== null) return;
      const list = message.member(TOOLS);
      if (list === null || list[0] !== 0x5b) return;
      const { bytes } = message.scanner;
      const start = list.byteOffset - bytes.byteOffset;
      const spans = elementsOf(bytes, start, start + list.length);
      const hidden = spans.map(({ start, end }) => {
        const name = catalogue.learn(bytes, start, end);
        return hide && name !== null && holder.engine.rulesOf(name).denied;
      });
      removeRuns(message, spans, hidden);
    },
  };
}

/**
 * Calls `tell` when a new policy hides other tools than the one before, and the server has declared
 * that its list may change.
 *
 * @returns What ends this.
 */
export function watchHiddenTools(
  catalogue: ToolCatalogue,
  holder: PolicyHolder,
  tell: (notification: string) => void,
): () => void {
  const hiddenBy = (engine: PolicyHolder["engine"]) =>
    catalogue.hidden((tool) => engine.rulesOf(tool).denied);
  return holder.onReplace((before) => {
    if (catalogue.tellsChanges && hiddenBy(holder.engine) !== hiddenBy(before)) {
      tell('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
    }
  });
}

function tellsChanges(initialized: Message): boolean {
  const capabilities = initialized.value(CAPABILITIES) as
    | { tools?: { listChanged?: unknown } }
    | undefined;
  return capabilities?.tools?.listChanged === true;
}

/** Cuts out the elements that are `hidden`, each with the comma that goes with it. */
function removeRuns(
  message: Message,
  spans: readonly { start: number; end: number }[],
  hidden: readonly boolean[],
): void {
  for (let first = 0; first < spans.length; first++) {
    if (!hidden[first]) continue;
    let last = first;
    while (hidden[last + 1]) last++;
    const from = first > 0 ? spans[first - 1]!.end : spans[0]!.start;
    const to = first > 0 ? spans[last]!.end : spans[last + 1]?.start ?? spans[last]!.end;
    message.edit(from, to, NOTHING);
    first = last;
  }
}
