/**
 * A remote server (Streamable HTTP) that looks like a child process: lines in, lines out. So the line
 * of `wrap` stands in front of it as in front of any other.
 *
 * @module
 */

import { WIRE_CODES } from "../../errors.ts";
import { errorResponse } from "../../wire/answers.ts";
import type { MessageId } from "../../wire/message.ts";
import { type HeaderList, headerOf } from "../http/headers.ts";
import { encodeValue, nameMirroredIn } from "../http/mirrors.ts";
import { isRepeatable } from "../http/repeatable.ts";
import { NOTHING_COMES_BACK, type Upstream, type UpstreamExchange } from "../upstream/upstream.ts";
import { LineFramer } from "../lines.ts";
import type { StdioServer } from "../stdio/server_process.ts";
import type { Exit } from "../transport.ts";
import { ParamHeaders } from "./param_headers.ts";
import { type AnswerEnd, RemoteAnswer } from "./remote_answer.ts";

const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";

/** Requests that may wait for the head of their answer; the agent waits with more. */
const MAX_WAITING = 256;
/** Milliseconds before a stream that has ended is opened again, unless the server says otherwise. */
const RETRY_MS = 1000, MAX_RETRY_MS = 30_000;
/** Milliseconds for the answer to the end of a session. */
const GOODBYE_MS = 1000;

/** Options of a {@link RemoteServer}. */
export interface RemoteOptions {
  readonly upstream: Upstream;
  /** Path and query of the endpoint. */
  readonly path: string;
  /** Headers of every request, names in lower case. */
  readonly headers: HeaderList;
  readonly maxBytes: number;
}

/** A message on its way there, as far as HTTP has to know it. */
interface Sent {
  readonly id?: MessageId;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

/** Speaks Streamable HTTP of both eras for an agent that knows stdio only. */
export class RemoteServer implements StdioServer {
  readonly stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exit: Promise<Exit>;
  readonly #options: RemoteOptions;
  readonly #params = new ParamHeaders();
  readonly #under = new Set<UpstreamExchange>();
  /** Requests without an answer, by id, with their methods. */
  readonly #open = new Map<MessageId, string>();
  #output!: ReadableByteStreamController;
  #resolveExit!: (exit: Exit) => void;
  #sessionId: string | null = null;
  #version: string | null = null;
  /** Resolves when the session is known, before which nothing else is sent. */
  #initialised: Promise<void> = Promise.resolve();
  #room = Promise.withResolvers<void>();
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RemoteOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exit = promise;
    this.#resolveExit = resolve;
    this.stdout = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#output = controller),
    });
    let lines: Uint8Array[] = [];
    const framer = new LineFramer(options.maxBytes, {
      line: (bytes, start, end) => void lines.push(bytes.slice(start, end)),
      oversized: () => {},
    });
    this.stdin = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: async (chunk) => {
        framer.push(chunk);
        const taken = lines;
        lines = [];
        for (const line of taken) await this.#take(line);
      },
      close: () => this.#goodbye({ code: 0, detail: "the agent has ended" }),
      abort: () => this.#goodbye({ code: 0, detail: "the agent has ended" }),
    }).getWriter();
  }

  signal(signal: Deno.Signal): void {
    this.#goodbye({ code: 0, detail: signal });
  }

  /** Sends one line. */
  async #take(line: Uint8Array): Promise<void> {
    await this.#initialised;
    while (this.#under.size >= MAX_WAITING) await this.#room.promise;
    if (this.#isOver) return;
    const value = JSON.parse(new TextDecoder().decode(line));
    const messages: readonly Sent[] = Array.isArray(value) ? value : [value];
    const requests = messages.filter(({ id, method }) => id !== undefined && method !== undefined);
    for (const { id, method } of requests) this.#open.set(id!, method!);
    const known = Promise.withResolvers<void>();
    if (messages.some(({ method }) => method === "initialize")) this.#initialised = known.promise;
    this.#send("POST", {
      headers: [["content-type", "application/json"], ...this.#mirrors(value)],
      body: line,
      mayRepeat: requests.every(({ method }) => isRepeatable(method!)),
      isListening: false,
    }, (end) => {
      known.resolve();
      this.#ended(requests.map(({ id }) => id!), end);
      const isReady = messages.some(({ method }) => method === "notifications/initialized");
      if (isReady && end.status > 0 && end.status < 300) this.#listen(null);
    });
  }

  /** Listens to what the server says unasked, for as long as it lets us. */
  #listen(lastEventId: string | null, failures = 0): void {
    if (this.#isOver) return;
    this.#send("GET", {
      headers: lastEventId === null ? [] : [["last-event-id", lastEventId]],
      body: null,
      mayRepeat: true,
      isListening: true,
    }, (end) => {
      // Not offered, or not any more.
      if (end.status >= 400) return;
      const again = end.status === 0 ? failures + 1 : 0;
      this.#later(end, again, () => this.#listen(end.lastEventId, again));
    }, lastEventId);
  }

  #later({ retryMs }: AnswerEnd, failures: number, act: () => void): void {
    const waitMs = Math.min(MAX_RETRY_MS, (retryMs ?? RETRY_MS) * 2 ** Math.min(failures, 10));
    if (!this.#isOver) this.#timer = setTimeout(act, waitMs);
  }

  /** Sees to requests whose stream has ended: it may go on behind its last event. */
  #ended(ids: readonly MessageId[], end: AnswerEnd): void {
    const open = ids.filter((id) => this.#open.has(id));
    if (open.length === 0 || this.#isOver) return;
    if (end.lastEventId !== null && end.status === 200) {
      return this.#later(end, 0, () =>
        this.#send("GET", {
          headers: [["last-event-id", end.lastEventId!]],
          body: null,
          mayRepeat: true,
          isListening: true,
        }, (next) =>
          this.#ended(open, next), end.lastEventId));
    }
    const { code, message } = errorOf(end);
    for (const id of open) {
      this.#open.delete(id);
      this.#write(new TextEncoder().encode(errorResponse(id, { code, message })));
    }
    if (end.status === 404 && this.#sessionId !== null) {
      this.#goodbye({ code: 1, detail: "the server has ended the session" });
    }
  }

  #send(
    method: "GET" | "POST",
    { headers, body, mayRepeat, isListening }: {
      readonly headers: HeaderList;
      readonly body: Uint8Array | null;
      readonly mayRepeat: boolean;
      readonly isListening: boolean;
    },
    onEnd: (end: AnswerEnd) => void,
    lastEventId: string | null = null,
  ): void {
    const { upstream, path, maxBytes } = this.#options;
    const done = () => {
      this.#under.delete(exchange);
      this.#room.resolve();
      this.#room = Promise.withResolvers();
    };
    const exchange = upstream.send(
      {
        method,
        path,
        headers: this.#headers(headers, isListening),
        body,
        headTimeoutMs: 0,
        mayRepeat,
      },
      new RemoteAnswer({
        maxBytes,
        onHead: (_status, headers) => {
          this.#sessionId ??= headerOf(headers, "mcp-session-id") ?? null;
        },
        onMessage: (json) => this.#hear(json),
        onEnd: (end) => {
          done();
          onEnd(end);
        },
      }, lastEventId),
    );
    this.#under.add(exchange);
  }

  #headers(own: HeaderList, isListening: boolean): HeaderList {
    const accept = isListening ? "text/event-stream" : "application/json, text/event-stream";
    // What is said last of a name is in force.
    const all = new Map<string, string>([
      ["accept", accept],
      ["accept-encoding", "identity"],
      ...this.#sessionId === null ? [] : [["mcp-session-id", this.#sessionId] as const],
      ...this.#version === null ? [] : [["mcp-protocol-version", this.#version] as const],
      ...own,
      ...this.#options.headers,
    ]);
    return [...all];
  }

  /** The headers that say what a body of 2026-07-28 says. */
  #mirrors(value: unknown): HeaderList {
    const { method, params } = value as Sent;
    const version = (params?._meta as Record<string, unknown> | undefined)?.[VERSION_KEY];
    if (typeof version !== "string" || method === undefined) return [];
    const name = nameMirroredIn(method, params!);
    return [
      ["mcp-protocol-version", version],
      ["mcp-method", method],
      ...name === undefined ? [] : [["mcp-name", encodeValue(name)] as const],
      ...method === "tools/call" ? this.#params.of(String(name), params!.arguments) : [],
    ];
  }

  /** Takes a message of the server's; what it answers is open no more. */
  #hear(json: Uint8Array): void {
    try {
      const value = JSON.parse(new TextDecoder().decode(json));
      for (const { id, method, result } of Array.isArray(value) ? value : [value]) {
        if (method !== undefined) continue;
        if (this.#open.get(id) === "initialize") this.#version = result?.protocolVersion ?? null;
        if (this.#open.get(id) === "tools/list") this.#params.learn(result);
        this.#open.delete(id);
      }
    } catch {
      // The line reads it more closely, and says what is wrong.
    }
    this.#write(json);
  }

  /** Writes a line of output. Between the tokens of JSON, a line's end is white space. */
  #write(json: Uint8Array): void {
    if (this.#isOver) return;
    const line = new Uint8Array(json.length + 1);
    line.set(json);
    for (let i = 0; i < json.length; i++) if (line[i] === 0x0a || line[i] === 0x0d) line[i] = 0x20;
    line[json.length] = 0x0a;
    this.#output.enqueue(line);
  }

  /** Ends the session at the server, and here. */
  #goodbye(exit: Exit): void {
    if (this.#isOver) return;
    const isPending = this.#open.size > 0 && exit.code === 0 && exit.detail.startsWith("the agent");
    if (isPending) return void this.#finishThen(exit);
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const exchange of this.#under) exchange.abort();
    this.#under.clear();
    const end = () => {
      clearTimeout(timer);
      this.#output.close();
      this.#resolveExit(exit);
    };
    const timer = setTimeout(() => {
      farewell?.abort();
      end();
    }, GOODBYE_MS);
    const { upstream, path } = this.#options;
    const farewell = this.#sessionId === null || exit.code !== 0 ? undefined : upstream.send({
      method: "DELETE",
      path,
      headers: this.#headers([], false),
      body: null,
      headTimeoutMs: GOODBYE_MS,
      mayRepeat: false,
    }, { ...NOTHING_COMES_BACK, end, fail: end });
    if (farewell === undefined) end();
  }

  /** Waits for the answers that are still to come; a signal ends that. */
  async #finishThen(exit: Exit): Promise<void> {
    while (this.#open.size > 0 && !this.#isOver) {
      if (this.#under.size === 0) break;
      await this.#room.promise;
    }
    this.#open.clear();
    this.#goodbye(exit);
  }
}

/** What an agent is told of a request that the server did not answer. */
function errorOf({ status, failure }: AnswerEnd): { code: number; message: string } {
  const code = WIRE_CODES.serverGone;
  if (failure !== null) {
    const what = failure.wasSent ? "It may have been executed" : "Nothing was executed";
    return { code, message: `${what}: the server did not answer (${failure.reason}).` };
  }
  if (status === 401 || status === 403) {
    const message = `Nothing was executed: the server wants authorization (HTTP ${status}). ` +
      "The operator can give it with --header.";
    return { code, message };
  }
  if (status === 404) {
    const message = "Nothing was executed: the server does not know the session, or the address " +
      "(HTTP 404). Start again.";
    return { code, message };
  }
  const what = status >= 400 ? "It may not have been executed" : "It may have been executed";
  return { code, message: `${what}: the server gave no answer (HTTP ${status}).` };
}
