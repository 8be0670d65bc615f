/**
 * What a gateway answers besides MCP: its health and its metrics, and the metadata by which clients find out who
 * issues tokens for the upstream (RFC 9728).
 *
 * @module
 */

import { Hono } from "@hono/hono";
import { AnswerBody } from "./answer_body.ts";
import { endToEnd, type HeaderList, headerOf } from "./headers.ts";
import { errorReply, jsonReply, noToken } from "./replies.ts";
import type { Target } from "./target.ts";
import type { Upstream } from "../upstream/upstream.ts";

const RESOURCE = "/.well-known/oauth-protected-resource";

/** Longest metadata. */
const MAX_METADATA_BYTES = 1024 * 1024;
const METADATA_TIMEOUT_MS = 30_000;

/** Options of {@link house}. */
export interface HouseOptions {
  readonly upstream: Upstream;
  readonly target: Target;
  /** What stands in `/health` besides `status`. */
  readonly health: () => Readonly<Record<string, unknown>>;
  /** What is told to whoever may call; undefined where nothing is counted. */
  readonly metrics: (() => Promise<Response>) | undefined;
}

/** Answers a request that is not MCP; `mayCall` for one that has shown what agents must show. */
export type House = (request: Request, mayCall: boolean) => Response | Promise<Response>;

/** Makes what answers every request that is not MCP. */
export function house({ upstream, target, health, metrics }: HouseOptions): House {
  const app = new Hono<{ Bindings: { readonly mayCall: boolean } }>();
  app.get("/health", (c) => c.json({ status: "ok", ...health() }));
  if (metrics !== undefined) {
    app.get("/metrics", (c) => c.env.mayCall ? metrics() : noToken());
  }
  app.get("/.well-known/*", (c) => metadata(upstream, target, new URL(c.req.url)));
  app.all("*", (c) => {
    const url = new URL(c.req.url), { origin, pathname, search } = url;
    const isMetadata = c.req.method === "GET" && target.metadataPaths.has(pathname + search);
    if (isMetadata) return metadata(upstream, target, url);
    return errorReply(404, `there is nothing here: MCP is served at ${origin}${target.path}`);
  });
  return (request, mayCall) => app.fetch(request, { mayCall });
}

/** Passes a document on; one that describes the upstream as a resource describes us instead. */
async function metadata(upstream: Upstream, target: Target, url: URL): Promise<Response> {
  const path = url.pathname + url.search, { origin } = url;
  const { status, headers, body } = await get(upstream, path);
  if (status !== 200) return new Response(null, { status });
  if (path.startsWith("/.well-known/") && !path.startsWith(RESOURCE)) {
    return jsonReply(200, body, cacheOf(headers));
  }
  try {
    const document = JSON.parse(new TextDecoder().decode(body));
    const own = target.pathOf(document.resource, target.path);
    const resource = own === undefined ? document.resource : origin + own.replace(/\/$/, "");
    return jsonReply(200, JSON.stringify({ ...document, resource }), cacheOf(headers));
  } catch {
    return errorReply(502, "the upstream's metadata is no JSON");
  }
}

function cacheOf(headers: HeaderList): Headers {
  const kept = endToEnd(headers).filter(([name]) =>
    name === "cache-control" || name.startsWith("access-control-")
  );
  return new Headers(Object.fromEntries(kept));
}

/** Gets a small document from the upstream. */
function get(
  upstream: Upstream,
  path: string,
): Promise<{ status: number; headers: HeaderList; body: Uint8Array }> {
  const { promise, resolve } = Promise.withResolvers<
    { status: number; headers: HeaderList; body: Uint8Array }
  >();
  let status = 502, headers: HeaderList = [];
  const body = new AnswerBody(MAX_METADATA_BYTES);
  const call = upstream.send({
    method: "GET",
    path,
    headers: [["accept", "application/json"], ["accept-encoding", "identity"]],
    body: null,
    headTimeoutMs: METADATA_TIMEOUT_MS,
    mayRepeat: true,
  }, {
    head: (given, all) => {
      status = headerOf(all, "location") === undefined ? given : 502;
      headers = all;
    },
    chunk: (bytes) => {
      if (!body.add(bytes)) {
        call.abort();
        resolve({ status: 502, headers: [], body: new Uint8Array(0) });
      }
      return true;
    },
    end: () => resolve({ status, headers, body: body.bytes }),
    fail: ({ isTimeout }) =>
      resolve({ status: isTimeout ? 504 : 502, headers: [], body: new Uint8Array(0) }),
  });
  return promise;
}
