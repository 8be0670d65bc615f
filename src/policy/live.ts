/**
 * The policy in force, and the facts of live calls for its conditions.
 *
 * @module
 */

import type { Call, ClientInfo } from "../session/call.ts";
import { CallNote } from "../call_note.ts";
import type { Message } from "../wire/message.ts";
import type { ToolCatalogue } from "./catalogue.ts";
import type { PolicyEngine } from "./engine.ts";
import type { CallEnv } from "./env.ts";
import type { LocalTime } from "./local_time.ts";
import { TOOLS_CALL } from "./methods.ts";

const ARGUMENTS = new TextEncoder().encode("arguments");
const decoder = new TextDecoder();

/** What a call began with. */
const BEGUN = new CallNote<{ readonly engine: PolicyEngine; readonly env: LiveEnv }>();

/** Holds the engine that decides now. A reload replaces it whole. */
export class PolicyHolder {
  #engine: PolicyEngine;
  readonly #listeners = new Set<(before: PolicyEngine) => void>();

  constructor(engine: PolicyEngine) {
    this.#engine = engine;
  }

  /** The engine for what begins now; what has begun keeps the one it got. */
  get engine(): PolicyEngine {
    return this.#engine;
  }

  /**
   * Notes what a call begins with: it keeps the engine, and what conditions see of it, to its end.
   */
  begin(call: Call, engine: PolicyEngine, env: LiveEnv): void {
    BEGUN.put(call, { engine, env });
  }

  /** Whether a call has been decided: a malformed one was not. */
  hasBegun(call: Call): boolean {
    return BEGUN.of(call) !== undefined;
  }

  /** The engine that a call began with; for one that never began, the one in force. */
  engineOf(call: Call): PolicyEngine {
    return BEGUN.of(call)?.engine ?? this.#engine;
  }

  /** Facts of a call that began, for conditions. */
  envOf(call: Call): LiveEnv | undefined {
    return BEGUN.of(call)?.env;
  }

  /** Puts another engine in force. */
  replace(engine: PolicyEngine): void {
    const before = this.#engine;
    this.#engine = engine;
    for (const listener of this.#listeners) listener(before);
  }

  /**
   * Has `listener` called after each replacement, with what was in force before.
   *
   * @returns What takes the listener away again.
   */
  onReplace(listener: (before: PolicyEngine) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Facts that are the same for all calls of a session. */
export interface SessionFacts {
  readonly server: string;
  readonly sessionId: string;
  readonly catalogue: ToolCatalogue;
}

/** A call as conditions see it: read when asked for, parsed once, always as the agent sent it. */
export class LiveEnv implements CallEnv {
  /** Set when the answer has come. */
  result: unknown = undefined;
  readonly tool: string;
  readonly server: string;
  readonly sessionId: string;
  readonly agentName: string | null;
  readonly agentVersion: string | null;
  readonly sessionCalls: number;
  readonly #facts: SessionFacts;
  readonly #engine: PolicyEngine;
  readonly #startedAt: number;
  readonly method = TOOLS_CALL;
  /** Null once its arguments are parsed: it is a view of a buffer that is used again. */
  #message: Message | null;
  /** Null once the call is judged, for the same reason. */
  #judged: Message | null;
  #arguments: unknown;

  constructor(
    call: Call,
    message: Message,
    sessionCalls: number,
    facts: SessionFacts,
    engine: PolicyEngine,
  ) {
    this.tool = call.tool;
    this.server = facts.server;
    this.sessionId = facts.sessionId;
    this.agentName = call.client.agentName;
    this.agentVersion = call.client.agentVersion;
    this.sessionCalls = sessionCalls;
    this.#facts = facts;
    this.#engine = engine;
    this.#startedAt = call.startedAt;
    this.#message = this.#judged = message;
  }

  /** Forgets the message, but for the arguments. */
  endJudging(): void {
    this.#judged = null;
  }

  get arguments(): unknown {
    if (this.#message !== null) {
      const bytes = this.#message.member(ARGUMENTS);
      this.#message = null;
      this.#arguments = bytes === null ? undefined : JSON.parse(decoder.decode(bytes));
    }
    return this.#arguments;
  }

  /**
   * Parses the arguments while they can be read: some condition may ask again when the result is
   * there.
   */
  keepArguments(): void {
    void this.arguments;
  }

  /** Asked for by rules of methods alone, and so when the call is judged. */
  get params(): unknown {
    return this.#judged === null ? undefined : paramsOf(this.#judged);
  }

  get annotations(): unknown {
    return this.#facts.catalogue.annotationsOf(this.tool);
  }

  get time(): LocalTime {
    return this.#engine.timeAt(this.#startedAt);
  }
}

/** Makes the facts of a request that calls no tool. */
export function methodEnv(
  message: Message,
  client: ClientInfo,
  sessionCalls: number,
  facts: SessionFacts,
  engine: PolicyEngine,
): CallEnv {
  const params = lazily(() => paramsOf(message));
  return {
    method: message.method,
    get params() {
      return params();
    },
    get arguments() {
      const value = params();
      return typeof value === "object" && value !== null && "arguments" in value
        ? value.arguments
        : undefined;
    },
    result: undefined,
    tool: "",
    annotations: undefined,
    server: facts.server,
    agentName: client.agentName,
    agentVersion: client.agentVersion,
    sessionId: facts.sessionId,
    sessionCalls,
    time: engine.timeAt(Date.now()),
  };
}

/** The parsed parameters of a request; undefined when it has none. */
function paramsOf(message: Message): unknown {
  const { bodyBytes } = message;
  return bodyBytes === null ? undefined : JSON.parse(decoder.decode(bodyBytes));
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
