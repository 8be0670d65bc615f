/**
 * The live feed's WebSocket.
 *
 * @module
 */

import type { Hono } from "@hono/hono";
import { reasonOf } from "../errors.ts";
import type { LiveFeed } from "./live_feed.ts";
import { BadRequest, QueryWords } from "./query_words.ts";

/** Where the feed is. */
export const FEED_PATH = "/api/ws/live";

/** Status with which the routes let a socket through: they themselves cannot answer with one. */
export const LET_THROUGH = 204;

/** What a socket asks for. */
export interface FeedWords {
  readonly view: "calls" | "rows";
  readonly since: number | undefined;
}

/** @throws {BadRequest} for words that mean nothing. */
export function readFeedWords(query: Readonly<Record<string, string>>): FeedWords {
  const words = new QueryWords(query, ["token", "ticket", "since", "view"]);
  const since = words.text("since");
  if (since !== undefined && !/^\d{1,16}$/.test(since)) {
    throw new BadRequest("since must be the number of a change");
  }
  return {
    view: words.oneOf("view", ["calls", "rows"], "calls"),
    since: since === undefined ? undefined : Number(since),
  };
}

/** Answers requests: those for a socket by one, when the routes let it through. */
export function withSockets(
  app: Hono,
  feed: LiveFeed,
): (request: Request) => Response | Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const answer = await app.fetch(request);
    if (url.pathname !== FEED_PATH || answer.status !== LET_THROUGH) return answer;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("This is a WebSocket.", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    const { view, since } = readFeedWords(Object.fromEntries(url.searchParams));
    const { socket, response } = Deno.upgradeWebSocket(request);
    let leave: (() => void) | null = null;
    socket.onopen = () => {
      try {
        leave = feed.join(socket, view, since);
        if (leave === null) socket.close(1013, "too many listen");
      } catch (fault) {
        socket.close(1011, reasonOf(fault).slice(0, 100));
      }
    };
    socket.onclose = socket.onerror = () => leave?.();
    return response;
  };
}
