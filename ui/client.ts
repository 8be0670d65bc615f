/**
 * The way to the gateway: requests with the key, and the live feed.
 *
 * @module
 */

import type { RowsFrame } from "../src/web/feed_frames.ts";

/** An answer that is not the one asked for. */
export class ApiFault extends Error {
  override readonly name = "ApiFault";

  /** @param status 0 when nobody answered. */
  constructor(readonly status: number, message: string, readonly body: unknown = null) {
    super(message);
  }
}

/** What the client needs of its surroundings. */
export interface ClientPort {
  readonly fetch: typeof fetch;
  readonly socket: (path: string) => WebSocket;
  /** The key; null when there is none. */
  readonly key: () => string | null;
  /** Called when the key was refused. */
  readonly onRefused: (status: 401 | 429) => void;
  /** Called with why the log cannot be read, and with null when it was. */
  readonly onLog: (reason: string | null) => void;
}

/** Asks the gateway. */
export class Client {
  readonly #port: ClientPort;

  constructor(port: ClientPort) {
    this.#port = port;
  }

  /** The JSON of an answer. @throws {ApiFault} */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return await (await this.ask(path, signal === undefined ? {} : { signal })).json();
  }

  /** An answer that went well. @throws {ApiFault} for any other. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#port.key() ?? ""}`);
    let response: Response;
    try {
      response = await this.#port.fetch(path, { ...init, headers });
    } catch (fault) {
      if (init.signal?.aborted) throw fault;
      throw new ApiFault(0, "the gateway that served this page does not answer");
    }
    const readsLog = !path.startsWith("/api/policies") && !path.startsWith("/api/ws/") &&
      !path.startsWith("/api/gateways");
    if (response.ok) {
      if (readsLog) this.#port.onLog(null);
      return response;
    }
    const { status } = response;
    if (status === 401 || status === 429) this.#port.onRefused(status);
    const body = await response.json().catch(() => null);
    if (readsLog && status === 503) this.#port.onLog(body?.error ?? "it cannot be read");
    throw new ApiFault(status, body?.error ?? `the gateway answered ${status}`, body);
  }

  /** Saves an answer as a file. */
  async blob(path: string): Promise<Blob> {
    return await (await this.ask(path)).blob();
  }

  /** Lets one socket in. */
  async socket(since: number | null): Promise<WebSocket> {
    const response = await this.ask("/api/ws/ticket", { method: "POST" });
    const { ticket } = await response.json() as { ticket: string };
    const words = new URLSearchParams({ view: "rows", ticket });
    if (since !== null) words.set("since", `${since}`);
    return this.#port.socket(`/api/ws/live?${words}`);
  }
}

/** Reads a frame of the feed. */
export function frameOf(data: unknown): RowsFrame {
  return JSON.parse(String(data));
}

/** Whether a log that cannot be read is one that is not there yet: the page says what to do. */
export function isMissing(reason: string | null): boolean {
  return reason !== null && /no such file|no calls yet/i.test(reason);
}

/** Whether a log is there and cannot be read. */
export function isUnreadable(reason: string | null): reason is string {
  return reason !== null && !isMissing(reason);
}
