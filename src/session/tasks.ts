/**
 * Calls that live on as tasks: their results pass by later, in other messages.
 *
 * MCP 2025-11-25 (experimental tasks: `tasks/result`) and the tasks extension of 2026-07-28
 * (`tasks/get` and `notifications/tasks`, which carry the result inside).
 *
 * @module
 */

import type { Call, Outcome } from "./call.ts";
import { forgetOldest } from "../oldest.ts";
import type { Message } from "../wire/message.ts";

/** Tasks whose results are waited for; beyond it the oldest is forgotten. */
export const MAX_TASKS = 4096;

/** A task id longer than this is not kept. */
const MAX_TASK_ID_CHARS = 512;

const encoder = new TextEncoder();
const TASK = encoder.encode("task"), TASK_ID = encoder.encode("taskId");
const STATUS = encoder.encode("status"), RESULT = encoder.encode("result");
const RESULT_TYPE = encoder.encode("resultType"), IS_ERROR = encoder.encode("isError");
const ERROR = encoder.encode("error"), STATUS_MESSAGE = encoder.encode("statusMessage");
const CODE = encoder.encode("code"), MESSAGE = encoder.encode("message");
const text = new TextDecoder();

/** Outcome of a call, by its answer. */
export function outcomeOf(answer: Message): Outcome {
  if (answer.failed) return "error";
  if (answer.member(IS_ERROR)?.[0] === 0x74) return "tool_error";
  return taskBegunBy(answer) === null ? "ok" : "task";
}

/** The task that an answer to a call began, or null. */
export function taskBegunBy(answer: Message): string | null {
  const task = answer.value(TASK);
  if (typeof task === "object" && task !== null) {
    return taskId((task as Record<string, unknown>)["taskId"]);
  }
  return answer.value(RESULT_TYPE) === "task" ? taskId(answer.value(TASK_ID)) : null;
}

/** The task that a request of the agent asks about, or null. */
export function taskAskedFor(request: Message): string | null {
  return request.method.startsWith("tasks/") ? taskId(request.value(TASK_ID)) : null;
}

/** End of a task: what its call is amended with. */
export interface TaskEnd {
  readonly outcome: Outcome;
  readonly detail: string | null;
  /** JSON text of the result, a view of the message. */
  readonly result: Uint8Array | null;
  /** Whether nothing more can be learnt of the task. */
  readonly final: boolean;
}

/** Remembers which call began which task. */
export class TaskLedger {
  readonly #calls = new Map<string, Call>();

  /** Notes that `call` lives on as the task `id`. */
  began(id: string, call: Call): void {
    forgetOldest(this.#calls.set(id, call), MAX_TASKS);
  }

  /** The call that began the task, or undefined. */
  callOf(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /**
   * The same, for its end. After its result it is forgotten; after a status
   * alone it is not, since the result may still pass by.
   */
  settle(id: string, { final }: TaskEnd): Call | undefined {
    const call = this.#calls.get(id);
    if (final) this.#calls.delete(id);
    return call;
  }
}

/** Whether (and how) the task has ended, by the answer to `method`; null while it has not. */
export function taskEnd(method: string, answer: Message): TaskEnd | null {
  if (method !== "tasks/result") return answer.failed ? null : taskState(answer);
  const { failed } = answer;
  return {
    outcome: outcomeOf(answer),
    detail: failed ? errorText(answer) : null,
    result: failed ? null : answer.bodyBytes,
    // The next try may bring the result.
    final: !failed,
  };
}

/** End of a task by a message whose body is the task itself: a notification, or a `tasks/get`. */
export function taskState(message: Message): TaskEnd | null {
  const status = message.value(STATUS);
  const said = message.value(STATUS_MESSAGE);
  const detail = typeof said === "string" ? said : null;
  if (status === "cancelled") return { outcome: "cancelled", detail, result: null, final: false };
  if (status === "failed") {
    const error = message.member(ERROR);
    const reason = error === null ? detail ?? "the task failed" : text.decode(error);
    return { outcome: "error", detail: reason, result: null, final: error !== null };
  }
  const result = message.member(RESULT);
  if (status !== "completed" || result === null) return null;
  const failed = JSON.parse(text.decode(result))?.isError === true;
  return { outcome: failed ? "tool_error" : "ok", detail: null, result, final: true };
}

/** The task that a notification of the server speaks of, or null (2026-07-28, 2025-11-25). */
export function taskNotified(message: Message): string | null {
  const { method } = message;
  const speaks = method === "notifications/tasks" || method === "notifications/tasks/status";
  return speaks ? taskId(message.value(TASK_ID)) : null;
}

/** `code message` of an error answer. */
export function errorText(answer: Message): string {
  return `${answer.value(CODE)} ${answer.value(MESSAGE) ?? ""}`;
}

function taskId(value: unknown): string | null {
  return typeof value === "string" && value.length <= MAX_TASK_ID_CHARS ? value : null;
}
