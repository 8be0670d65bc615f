/**
 * What the audit table must say of a session, worked out anew from the bytes that passed: an oracle
 * that shares no code with the gateway.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** The columns of a row that the bytes of a session determine. */
export interface Expected {
  request_id: string;
  tool_name: string;
  method: string;
  arguments: string | null;
  request_bytes: number;
  agent_id: string;
  agent_version: string;
  protocol_version: string | null;
  outcome: string;
  status: string;
  result: string | null;
  detail: string | null;
}

/** The default of `max_payload_bytes`: a longer payload is stored as a note of its size. */
const MAX_PAYLOAD_BYTES = 65_536;

// deno-lint-ignore no-explicit-any
type Json = any;

/** The rows of a session, in the order of their calls. */
export function expectedRows(toServer: string, toAgent: string): Expected[] {
  const sent = messages(toServer), answers = new Map<unknown, Json>();
  for (const message of messages(toAgent)) {
    if (message.method === undefined) answers.set(message.id, message);
  }
  const initialize = sent.find((message) => message.method === "initialize");
  const negotiated = answers.get(initialize?.id)?.result?.protocolVersion ?? null;
  const cancelled = new Set(
    sent.filter((message) => message.method === "notifications/cancelled")
      .map((message) => message.params.requestId),
  );
  return sent.filter((message) => message.method === "tools/call").map((call) => {
    const answer = answers.get(call.id);
    const end = answer === undefined && cancelled.has(call.id)
      ? { outcome: "cancelled", result: null, detail: null }
      : taskEnd(answer, sent, answers, toAgent) ?? plainEnd(answer);
    const meta = call.params._meta ?? {};
    const agent = meta["io.modelcontextprotocol/clientInfo"] ?? initialize.params.clientInfo;
    return {
      request_id: JSON.stringify(call.id),
      tool_name: call.params.name,
      method: "tools/call",
      arguments: payload(call.params.arguments),
      request_bytes: byteLength(JSON.stringify(call)),
      agent_id: agent.name,
      agent_version: agent.version,
      protocol_version: meta["io.modelcontextprotocol/protocolVersion"] ?? negotiated,
      ...end,
      status: end.outcome.endsWith("error") ? "error" : "allowed",
    };
  });
}

type End = Pick<Expected, "outcome" | "result" | "detail">;

function plainEnd(answer: Json): End {
  if (answer.error !== undefined) {
    const detail = `${answer.error.code} ${answer.error.message}`;
    return { outcome: "error", result: null, detail };
  }
  const outcome = answer.result.isError === true ? "tool_error" : "ok";
  return { outcome, result: payload(answer.result), detail: null };
}

/** How a call ends that the server made a task of; undefined for any other. */
function taskEnd(answer: Json, sent: Json[], answers: Map<unknown, Json>, toAgent: string) {
  const result = answer?.result;
  const taskId = result?.resultType === "task" ? result.taskId : result?.task?.taskId;
  if (taskId === undefined) return undefined;
  const ends: (End & { final?: boolean })[] = [];
  for (const { id, method, params } of sent) {
    if (params?.taskId !== taskId || !method?.startsWith("tasks/")) continue;
    const about = answers.get(id);
    if (method === "tasks/result") ends.push({ ...plainEnd(about), final: true });
    else if (about?.result !== undefined) ends.push(...stateEnd(about.result));
  }
  for (const { method, params } of messages(toAgent)) {
    if (/^notifications\/tasks(\/status)?$/.test(method) && params.taskId === taskId) {
      ends.push(...stateEnd(params));
    }
  }
  // A result is final; a status alone gives way to it.
  const last = ends.find(({ final }) => final) ?? ends.at(-1) ??
    { outcome: "task", result: payload(result), detail: null };
  return { outcome: last.outcome, result: last.result, detail: last.detail };
}

function stateEnd(task: Json): (End & { final?: boolean })[] {
  const detail = task.statusMessage ?? null;
  if (task.status === "cancelled") return [{ outcome: "cancelled", result: null, detail }];
  if (task.status === "failed") {
    const final = task.error !== undefined;
    const reason = final ? JSON.stringify(task.error) : detail ?? "the task failed";
    return [{ outcome: "error", result: null, detail: reason, final }];
  }
  if (task.status !== "completed" || task.result === undefined) return [];
  return [{ ...plainEnd(task), final: true }];
}

function messages(lines: string): Json[] {
  return lines.split("\n").filter((line) => line !== "").flatMap((line) => JSON.parse(line));
}

function payload(value: unknown): string | null {
  if (value === undefined) return null;
  const text = JSON.stringify(value), original_size_bytes = byteLength(text);
  if (original_size_bytes <= MAX_PAYLOAD_BYTES) return text;
  const sha256 = createHash("sha256").update(text).digest("hex");
  return JSON.stringify({ _truncated: true, original_size_bytes, sha256 });
}

/** A stored payload without what is left of a long one. */
export function withoutAbridged(stored: unknown): unknown {
  if (typeof stored !== "string" || !stored.startsWith('{"_truncated"')) return stored;
  const { abridged, ...facts } = JSON.parse(stored);
  assert.ok(abridged !== undefined && stored.length <= MAX_PAYLOAD_BYTES);
  return JSON.stringify(facts);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
