/** A session on linked in-memory pipes, and what came out of it. */

import type { Direction } from "../../src/session/call.ts";
import { SessionContext, type SessionContextOptions } from "../../src/session/context.ts";
import type { CallRecord, SessionEvent } from "../../src/session/record.ts";
import { Session, type SessionOptions } from "../../src/session/session.ts";
import type { SendBuffer } from "../../src/transport/send_buffer.ts";
import { StdioExchange } from "../../src/transport/stdio_exchange.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** The record of a call's end, with its payloads decoded while they could be read. */
export type Ended = Omit<CallRecord, "arguments" | "result"> & {
  arguments: string | null;
  result: string | null;
};

/** What a harness may be given; what is absent has a default. */
export type HarnessOptions = Partial<SessionContextOptions & SessionOptions>;

/** Both ends of a session, driven by hand. */
export class Harness {
  readonly context: SessionContext;
  readonly session: Session;
  readonly exchange: StdioExchange;
  readonly events: SessionEvent["type"][] = [];
  readonly refused: string[] = [];
  readonly ended: Ended[] = [];
  readonly amended: Ended[] = [];
  /** How often the session has asked to deliver what no chunk has brought. */
  deliveries = 0;
  /** Set it to move the clock. */
  nowMs = 1000;
  #arguments = new Map<string, string | null>();

  constructor({ stages = [], taps, ...options }: HarnessOptions = {}) {
    this.context = new SessionContext({
      maxMessageBytes: 10_485_760,
      callTimeoutMs: 0,
      onFault: (where, fault) => this.refused.push(`fault in ${where}: ${fault}`),
      wall: () => this.nowMs,
      mono: () => this.nowMs,
      ...options,
    });
    this.session = new Session({
      context: this.context,
      stages,
      taps: taps ?? [(event) => this.#tap(event)],
    });
    this.exchange = new StdioExchange(
      this.session,
      this.context.maxMessageBytes,
      () => this.deliveries++,
      (fault) => {
        throw fault;
      },
    );
  }

  /** What reaches the server, and the agent, when the agent sends these bytes. */
  agent(...chunks: (string | Uint8Array)[]): { server: string; agent: string } {
    return this.#receive("to_server", chunks);
  }

  /** The same when the server sends them. */
  server(...chunks: (string | Uint8Array)[]): { server: string; agent: string } {
    return this.#receive("to_agent", chunks);
  }

  /** What waits for the two ends now. */
  take(): { server: string; agent: string } {
    return { server: taken(this.exchange.toServer), agent: taken(this.exchange.toAgent) };
  }

  #receive(direction: Direction, chunks: (string | Uint8Array)[]) {
    const out = { server: "", agent: "" };
    for (const chunk of chunks) {
      this.exchange.receive(
        direction,
        typeof chunk === "string" ? encoder.encode(chunk) : chunk,
      );
      const { server, agent } = this.take();
      out.server += server;
      out.agent += agent;
    }
    return out;
  }

  #tap(event: SessionEvent): void {
    this.events.push(event.type);
    if (event.type === "message_refused") this.refused.push(event.reason);
    if (event.type === "call_started") {
      this.#arguments.set(event.record.id, text(event.record.arguments));
    }
    if (event.type === "call_ended" || event.type === "call_amended") {
      const { record } = event;
      const list = event.type === "call_ended" ? this.ended : this.amended;
      list.push({
        ...record,
        arguments: this.#arguments.get(record.id) ?? null,
        result: text(record.result),
      });
    }
  }
}

function taken(buffer: SendBuffer): string {
  const bytes = buffer.next();
  if (bytes === undefined) return "";
  const text = decoder.decode(bytes);
  buffer.wrote(bytes.length);
  return text;
}

/** A `tools/call` line. */
export function call(id: number | string, tool = "echo", args: unknown = {}): string {
  const params = { name: tool, arguments: args };
  return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params }) + "\n";
}

/** An answer line. */
export function answer(id: number | string, result: unknown = { content: [] }): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result }) + "\n";
}

/** A request line without params. */
export function request(id: number | string, method: string, params?: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\n";
}

/** The parsed lines of `text`. */
// deno-lint-ignore no-explicit-any
export function lines(text: string): any[] {
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}
