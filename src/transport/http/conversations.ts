/**
 * The conversations that agents have with the upstream: a cache of what is known of each, never an
 * authority. The upstream keeps the sessions; forgetting one here loses the agent's name, and ends
 * what was still open in it.
 *
 * @module
 */

import type { Session } from "../../session/session.ts";

/** Bounds on conversations. */
export const CONVERSATION_BOUNDS = Object.freeze({
  /** Those that are known at once. */
  count: 10_000,
  /** Milliseconds without a request after which one is forgotten. */
  idleMs: 60 * 60 * 1000,
});

/** Milliseconds within which a conversation that is used again counts as used at once. */
const FRESH_MS = 1000;

/** A stream that the agent holds open, on which it can be told something. */
export interface Listener {
  /** Says something of our own. */
  tell(json: string): void;
  /** The modern subscription that it belongs to; null for a stream of a session. */
  readonly subscription: string | number | null;
}

/** What a gateway gives for one session of an agent. */
export interface Line {
  readonly session: Session;
  close(): void;
}

/** Options of a {@link Conversation}. */
export interface ConversationOptions {
  /** Begins a session of the gateway. */
  readonly connect: (options: {
    /** The `session_id` column. */
    readonly sessionId: string;
    /** Whose calls the limits per agent count together. */
    readonly agent: () => string;
    readonly tellAgent: (json: string) => void;
  }) => Line;
  /** Who is behind it: a credential's digest, or an address. */
  readonly principal: Principal;
}

/** Who is behind a request, as far as it can be known. */
export interface Principal {
  /** Distinguishes it from every other. */
  readonly key: string;
  /** Whether it has shown a credential. */
  readonly isKnown: boolean;
}

/** One conversation, with what is open in it. */
export class Conversation {
  /** The upstream's session id; null where it keeps none with this agent. */
  upstreamId: string | null = null;
  lastUsedMs = -Infinity;
  readonly #line: Line;
  readonly #listeners = new Set<Listener>();
  #exchanges = 0;
  /** Whether it ends with what is under way. */
  #isForgotten = true;

  constructor({ connect, principal }: ConversationOptions) {
    const sessionId = crypto.randomUUID();
    // A session id is no credential of the agent's, but the upstream has vouched for it.
    const agent = () =>
      principal.isKnown || this.upstreamId === null ? principal.key : `session ${this.upstreamId}`;
    this.#line = connect({ sessionId, agent, tellAgent: (json) => this.tell(json) });
  }

  get session(): Session {
    return this.#line.session;
  }

  get isIdle(): boolean {
    return this.#exchanges === 0;
  }

  /** Notes an exchange that begins. */
  enter(): void {
    this.#exchanges++;
  }

  /** Notes the end of one. */
  leave(): void {
    this.#exchanges--;
    this.#closeWhenIdle();
  }

  /** Notes a stream that the agent holds open; the result notes its end. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Says a notification to the agent: once, where it holds a session's stream open; on every
   * subscription that wants to hear of it, tagged.
   */
  tell(json: string): void {
    let isTold = false;
    for (const listener of this.#listeners) {
      if (listener.subscription === null) {
        if (!isTold) listener.tell(json);
        isTold = true;
      } else listener.tell(tagged(json, listener.subscription));
    }
  }

  /** Keeps it, though nothing of it be under way. */
  keep(): void {
    this.#isForgotten = false;
  }

  /** Ends it once nothing of it is under way. */
  forget(): void {
    this.#isForgotten = true;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#isForgotten && this.isIdle) this.#line.close();
  }
}

/** A notification for one subscription (MCP 2026-07-28). */
function tagged(json: string, subscription: string | number): string {
  const message = JSON.parse(json);
  const _meta = { "io.modelcontextprotocol/subscriptionId": subscription };
  return JSON.stringify({ ...message, params: { ...message.params, _meta } });
}

/** The conversations of one gateway, the one that was used last at the end. */
export class Conversations {
  readonly #connect: ConversationOptions["connect"];
  readonly #now: () => number;
  readonly #all = new Map<string, Conversation>();

  /** @param now Monotonic milliseconds. */
  constructor(
    connect: ConversationOptions["connect"],
    now: () => number = () => performance.now(),
  ) {
    this.#connect = connect;
    this.#now = now;
  }

  /** Number of those that are known. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * The conversation of a request: one that is not known begins here, since it is the upstream that
   * says whether it exists.
   */
  of(principal: Principal, upstreamId: string | null): Conversation {
    const known = this.#all.get(keyOf(principal, upstreamId));
    const conversation = known ?? this.begin(principal);
    this.register(principal, upstreamId, conversation);
    return conversation;
  }

  /** Begins a conversation of which it is not known yet whether the upstream keeps a session. */
  begin(principal: Principal): Conversation {
    return new Conversation({ connect: this.#connect, principal });
  }

  /** Notes under which id the upstream keeps a conversation. */
  register(principal: Principal, upstreamId: string | null, conversation: Conversation): void {
    const key = keyOf(principal, upstreamId), before = this.#all.get(key), now = this.#now();
    // The order need not be exact, and keeping it is not free.
    if (before === conversation && now - conversation.lastUsedMs < FRESH_MS) return;
    if (before !== undefined && before !== conversation) before.forget();
    conversation.keep();
    conversation.upstreamId = upstreamId;
    conversation.lastUsedMs = now;
    this.#all.delete(key);
    this.#all.set(key, conversation);
    if (this.#all.size > CONVERSATION_BOUNDS.count) this.#forgetOldest();
  }

  /** Forgets a conversation that the upstream has ended, or knows no more. */
  forget(principal: Principal, upstreamId: string | null): void {
    const key = keyOf(principal, upstreamId);
    this.#all.get(key)?.forget();
    this.#all.delete(key);
  }

  /** Forgets those that nobody has used for long. */
  sweep(): void {
    const before = this.#now() - CONVERSATION_BOUNDS.idleMs;
    for (const [key, conversation] of this.#all) {
      if (conversation.lastUsedMs > before) return;
      if (!conversation.isIdle) continue;
      conversation.forget();
      this.#all.delete(key);
    }
  }

  /** Forgets all. */
  close(): void {
    for (const conversation of this.#all.values()) conversation.forget();
    this.#all.clear();
  }

  #forgetOldest(): void {
    for (const [key, conversation] of this.#all) {
      if (!conversation.isIdle) continue;
      conversation.forget();
      return void this.#all.delete(key);
    }
  }
}

function keyOf({ key }: Principal, upstreamId: string | null): string {
  return upstreamId === null ? key : `${key}\n${upstreamId}`;
}
