/**
 * A server for what the official ones do not do: batches (2025-03-26), and the tasks extension of
 * 2026-07-28, and lines that are oddly written. What a tool does is its name; an array is answered by
 * an array.
 */

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any
  readonly params?: any;
}

/** How often each task was asked for. */
const asked = new Map<string, number>();

function say(text: string, isError = false): object {
  return { content: [{ type: "text", text }], ...(isError ? { isError } : {}) };
}

function call(id: Message["id"], { name, arguments: args, _meta }: Message["params"]): object[] {
  const answer = (result: object) => ({ jsonrpc: "2.0", id, result });
  switch (name) {
    case "echo":
      return [answer(say(JSON.stringify(args)))];
    case "fail":
      return [answer(say("it is broken", true))];
    case "error":
      return [{ jsonrpc: "2.0", id, error: { code: -32050, message: "no", data: { why: [1] } } }];
    case "progress": {
      const params = { progressToken: _meta.progressToken, progress: 1 };
      return [{ jsonrpc: "2.0", method: "notifications/progress", params }, answer(say("done"))];
    }
    default: { // a task, whose end is its name
      const begun = { resultType: "task", ...task(name, "working") };
      if (name !== "told") return [answer(begun)];
      const params = { ...task(name, "completed"), result: say("told of its end", true) };
      return [answer(begun), { jsonrpc: "2.0", method: "notifications/tasks", params }];
    }
  }
}

function task(taskId: string, status: string): object {
  return { taskId, status, createdAt: "2026-07-28T00:00:00Z", ttlMs: null, pollIntervalMs: 10 };
}

/** The first answer is always that the task is at work. */
function taskState(taskId: string): object {
  const times = (asked.get(taskId) ?? 0) + 1;
  asked.set(taskId, times);
  const state = { resultType: "complete", ...task(taskId, times === 1 ? "working" : taskId) };
  if (times === 1) return state;
  if (taskId === "completed") return { ...state, result: say("completed") };
  return taskId === "failed" ? { ...state, error: { code: -32603, message: "lost" } } : state;
}

/** Text that a proxy which parses and writes anew would not give back. */
const ODD_LINES = [
  '{ "params":{ "a" : 1.0,"b":1e2,"2":12345678901234567890,"1":-0 },"jsonrpc":"2.0",\t"method":"odd\\u002fnotice" }',
  '{"id":"s-1","jsonrpc":"2.0" ,"method":"p\\u0069ng"}',
];

/** What is to be said to a message; a string is a line as it is. */
function answersTo({ id, method, params }: Message): (object | string)[] {
  if (id === undefined || method === undefined) return [];
  const answer = (result: object) => [{ jsonrpc: "2.0", id, result }];
  switch (method) {
    case "initialize":
      return answer({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "raw", version: "1" },
      });
    case "tools/call":
      return call(id, params);
    case "odd":
      return [
        ...ODD_LINES,
        `{ "result" : {"z":0.10,"\\u0061":"\\/\\u00e9"} ,"id": ${id},"jsonrpc":"2.0"}`,
      ];
    case "tasks/get":
      return answer(taskState(params.taskId));
    default:
      return answer({});
  }
}

const encoder = new TextEncoder();
let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop()!;
  const said = lines.flatMap((line): (object | string)[] => {
    const message: Message | Message[] = JSON.parse(line);
    return Array.isArray(message) ? [message.flatMap(answersTo)] : answersTo(message);
  });
  const bytes = encoder.encode(
    said.map((message) => (typeof message === "string" ? message : JSON.stringify(message)) + "\n")
      .join(""),
  );
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
