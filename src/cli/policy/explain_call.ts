/**
 * `agentgate policy explain --call`: why a recorded call is decided as it is.
 *
 * @module
 */

import type { ReplayReader, ReplayRow } from "../../audit/replay_reader.ts";
import { UsageError } from "../../errors.ts";
import { readSources } from "../../policy/load.ts";
import {
  type Explained,
  explainNext,
  type RecordedExplanation,
} from "../../simulate/replay/explanation.ts";
import { Replay } from "../../simulate/replay/replay.ts";
import { visible } from "../../visible.ts";
import type { GlobalOptions } from "../options.ts";
import { print } from "../output.ts";
import { explanationText } from "./explanation_text.ts";
import { openRecordedCalls } from "./recorded_calls.ts";

/**
 * Prints it.
 *
 * @param id The call's, whole.
 * @param files The policy; none for the one that was in force then.
 * @returns The exit code.
 * @throws {UsageError} when the log has no such call, or a file does not load.
 */
export async function explainCall(
  id: string,
  files: readonly string[],
  options: GlobalOptions & { readonly json?: true },
): Promise<number> {
  const { log, path } = await openRecordedCalls(options);
  using _ = log;
  const policy = files.length === 0 ? null : await readSources(files);
  using replay = await Replay.load(log, { policy, against: null, promote: false });
  const found = await explained(log, replay, id);
  if (found === null) {
    throw new UsageError(
      `there is no call ${JSON.stringify(id)} in ${path}: agentgate logs --jsonl prints the ids`,
    );
  }
  const { row, call } = found;
  await print(
    options.json
      ? `${JSON.stringify({ id, ...dataOf(call) }, null, 2)}\n`
      : textOf(row, call, policy === null),
  );
  for (const note of replay.notes) console.error(`note: ${note}`);
  return 0;
}

/** Walks through the calls that came before, and explains that one; null where there is none. */
async function explained(
  log: ReplayReader,
  replay: Replay,
  id: string,
): Promise<{ readonly row: ReplayRow; readonly call: Explained } | null> {
  for (const { row, isAskedFor } of log.rows({ id }, replay.needsOthers)) {
    if (isAskedFor) return { row, call: await explainNext(replay, row) };
    await replay.next(row);
  }
  return null;
}

function dataOf(call: Explained) {
  if ("explanation" in call) return call.explanation;
  return "notAsked" in call ? { not_asked: call.notAsked } : { ...call, exact: false };
}

function textOf(row: ReplayRow, call: Explained, isOfThen: boolean): string {
  if ("explanation" in call) {
    const { recorded, policy } = call.explanation;
    const files = `${policy.join(", ")}${isOfThen ? ", as it was in force then" : ""}`;
    const head = [`recorded:  ${madeBy(recorded)}`, `policy:    ${files}`];
    return explanationText(call.explanation, head) + inexactText(call.explanation);
  }
  const { tool_name: tool, server_name: server, timestamp } = row;
  const said = "notAsked" in call
    ? [`no policy was asked about it: ${reasonWords(call.notAsked)}`]
    : [
      `recorded:  ${madeBy(call.recorded)}`,
      `it cannot be decided again: ${call.unknown.join("; ")}`,
    ];
  const lines = [`call of ${tool} on ${server} at ${new Date(timestamp).toISOString()}`, ...said];
  return `${lines.map(visible).join("\n")}\n`;
}

/** What makes a decision doubtful, and what else it may be. */
function inexactText({ exact, unknown, possible }: RecordedExplanation): string {
  if (exact) return "";
  const other = possible === null ? "" : `; it may be ${madeBy(possible)} as well`;
  return `${visible(`not exact: ${unknown.join("; ")}${other}`)}\n`;
}

/** `deny:no-rm` as `deny by no-rm`. */
function madeBy(word: string): string {
  return word.replace(":", " by ").replace(/ by default$/, " by the default");
}

function reasonWords(reason: string): string {
  return reason === "recorded before facts were"
    ? "the log did not keep the policy yet; name one, as agentgate policy explain --call ID policy.toml"
    : reason;
}
