/** A session on linked in-memory pipes, and what came out of it. */

import type { Call, Direction, SessionEvent } from "../../src/session/call.ts";
import { Session, type SessionOptions } from "../../src/session/session.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A copy of a call's end, with its payloads decoded while they could be read. */
export type Ended = Omit<Call, "arguments" | "result"> & {
  arguments: string | null;
  result: string | null;
};

/** Both ends of a session, driven by hand. */
export class Harness {
  readonly session: Session;
  readonly events: SessionEvent["type"][] = [];
  readonly refused: string[] = [];
  readonly ended: Ended[] = [];
  readonly amended: Ended[] = [];
  /** Set it to move the clock. */
  nowMs = 1000;
  #arguments = new Map<string, string | null>();

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Session({
      maxMessageBytes: 10_485_760,
      callTimeoutMs: 0,
      stages: [],
      taps: [(event) => this.#tap(event)],
      onFault: (where, fault) => this.refused.push(`fault in ${where}: ${fault}`),
      wall: () => this.nowMs,
      mono: () => this.nowMs,
      ...options,
    });
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
    return {
      server: decoder.decode(this.session.take("to_server") ?? new Uint8Array()),
      agent: decoder.decode(this.session.take("to_agent") ?? new Uint8Array()),
    };
  }

  #receive(direction: Direction, chunks: (string | Uint8Array)[]) {
    const out = { server: "", agent: "" };
    for (const chunk of chunks) {
      this.session.receive(
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
      this.#arguments.set(event.call.id, text(event.call.arguments));
    }
    if (event.type === "call_ended" || event.type === "call_amended") {
      const { call } = event;
      const list = event.type === "call_ended" ? this.ended : this.amended;
      list.push({
        ...call,
        arguments: this.#arguments.get(call.id) ?? null,
        result: text(call.result),
      });
    }
  }
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
