/** The official clients behind one interface, and what they answer when a server asks them. */

/** A message that a server sent unasked. */
export interface Heard {
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

/** What a call may be accompanied by. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: unknown) => void;
  readonly meta?: Record<string, unknown>;
}

/** How a client is to present itself. */
export interface Setup {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** The folder that the client offers as its only root; undefined for a client without roots. */
  readonly root?: string | undefined;
}

/** A connected client of either generation. */
export interface Agent {
  readonly inbox: Inbox;
  /** What the client knows of the server and of the connection. */
  facts(): unknown;
  callTool(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<unknown>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(uri: string): Promise<unknown>;
  subscribe(uri: string): Promise<unknown>;
  unsubscribe(uri: string): Promise<unknown>;
  listPrompts(): Promise<unknown>;
  getPrompt(name: string, args?: Record<string, string>): Promise<unknown>;
  complete(
    ref: { type: "ref/prompt"; name: string } | { type: "ref/resource"; uri: string },
    argument: { name: string; value: string },
    context?: Record<string, string>,
  ): Promise<unknown>;
  setLevel(level: "debug" | "emergency"): Promise<unknown>;
  ping(): Promise<unknown>;
  rootsChanged(): Promise<void>;
  /** A request that has no method of its own, or is not to be looked at by the client. */
  request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Ends the connection as the client does, and waits until the program is gone. */
  close(): Promise<void>;
  readonly pid: number;
  readonly stderr: () => string;
}

/** How the clients present themselves. */
export const CLIENT_INFO = Object.freeze({ name: "transparency-agent", version: "3.2.1" });

/** The model behind the client. */
export function sample(params: unknown): {
  model: string;
  role: "assistant";
  content: { type: "text"; text: string };
  stopReason: string;
} {
  const text = `I was asked: ${JSON.stringify(params)}`;
  return {
    model: "test-model",
    role: "assistant",
    content: { type: "text", text },
    stopReason: "endTurn",
  };
}

/** The user behind the client: fills in forms, but refuses what is offered at decline.example. */
export function elicit(
  params: { message: string; url?: string },
): {
  action: "accept" | "decline";
  content?: Record<string, string | number | boolean | string[]>;
} {
  if (params.url !== undefined) {
    return { action: params.url.includes("decline.example") ? "decline" : "accept" };
  }
  if (params.message.includes("research query")) {
    return { action: "accept", content: { interpretation: "technical" } };
  }
  return {
    action: "accept",
    content: {
      name: "Zoë \u{1f600}",
      check: true,
      integer: 7,
      number: 2.5,
      email: "z@example.com",
    },
  };
}

/** The one root of the client. */
export function rootsOf(folder: string): { roots: { uri: string; name: string }[] } {
  return { roots: [{ uri: `file://${folder}`, name: "the folder" }] };
}

/** The notifications of a server, in the order in which they came. */
export class Inbox {
  readonly all: Heard[] = [];
  #unread: Heard[] = [];
  #waiting: { accepts: (heard: Heard) => boolean; take: (heard: Heard) => void }[] = [];

  add(heard: Heard): void {
    this.all.push(heard);
    const at = this.#waiting.findIndex((waiter) => waiter.accepts(heard));
    if (at < 0) this.#unread.push(heard);
    else this.#waiting.splice(at, 1)[0]!.take(heard);
  }

  /** The first that was not given out yet and is of this method and has this in its params. */
  next(method: string, containing = ""): Promise<Heard> {
    const accepts = (heard: Heard) =>
      heard.method === method && JSON.stringify(heard.params ?? null).includes(containing);
    const at = this.#unread.findIndex(accepts);
    if (at >= 0) return Promise.resolve(this.#unread.splice(at, 1)[0]!);
    return new Promise((take) => this.#waiting.push({ accepts, take }));
  }
}

/** Collects text from a stream of Node. */
export function collect(stream: unknown): () => string {
  let text = "";
  (stream as { on(event: "data", listener: (chunk: unknown) => void): void } | null)
    ?.on("data", (chunk) => text += String(chunk));
  return () => text;
}
