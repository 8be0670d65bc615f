/** A gateway on loopback with an upstream of the test's own behind it. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { loadConfig } from "../../../src/config/config.ts";
import { HttpGateway, type ServeOptions } from "../../../src/gateway/serve.ts";
import { MemoryLog } from "../../audit/support.ts";

/** One request as the upstream got it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers requests as an upstream. */
export type Handler = (seen: Seen, request: Request) => Response | Promise<Response>;

/** Options of {@link withHttp}. */
export interface HttpSetup {
  /** The upstream; or an address of one that runs elsewhere. */
  readonly upstream: Handler | string;
  readonly path?: string;
  readonly config?: string;
  readonly policy?: string;
  readonly serve?: Partial<ServeOptions>;
}

/** What a test works with. */
export interface HttpFixture {
  readonly served: HttpGateway;
  readonly url: string;
  readonly dbPath: string;
  readonly log: MemoryLog;
  readonly seen: Seen[];
  /** Sends a body, a value as JSON; by POST. */
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The audit rows, oldest first. */
  // deno-lint-ignore no-explicit-any
  rows(): Promise<any[]>;
  rewritePolicy(text: string): Promise<void>;
}

export const JSON_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
});

/** Starts both, and closes both. */
export async function withHttp(
  setup: HttpSetup,
  use: (fixture: HttpFixture) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_http_" });
  const seen: Seen[] = [];
  const { upstream, path = "/mcp" } = setup;
  const server = typeof upstream === "string" ? null : Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null) },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = await request.text();
      const one = {
        method: request.method,
        path: pathname + search,
        headers: request.headers,
        body,
      };
      seen.push(one);
      return await upstream(one, request);
    },
  );
  try {
    const policyFile = join(folder, "policy.toml"), configFile = join(folder, "config.toml");
    if (setup.policy !== undefined) await Deno.writeTextFile(policyFile, setup.policy);
    await Deno.writeTextFile(configFile, setup.config ?? "");
    const config = await loadConfig({
      path: configFile,
      ...(setup.policy === undefined ? {} : { policies: [policyFile] }),
      env: { AGENTGATE_HOME: folder },
    });
    const log = new MemoryLog();
    const served = await HttpGateway.open({
      config,
      log,
      serverName: "remote",
      transport: "http",
      upstream: typeof upstream === "string"
        ? upstream
        : `http://127.0.0.1:${server!.addr.port}${path}`,
      hostname: "127.0.0.1",
      port: 0,
      headers: [],
      allowedHosts: [],
      allowedOrigins: [],
      hasProxy: false,
      ...setup.serve,
    });
    try {
      await use({
        served,
        url: served.url,
        dbPath: config.dbPath,
        log,
        seen,
        post: (body, headers = {}) =>
          fetch(served.url, {
            method: "POST",
            headers: { ...JSON_HEADERS, ...headers },
            body: typeof body === "string" ? body : JSON.stringify(body),
          }),
        rows: async () => {
          await served.gateway.audit.flush();
          using db = new DatabaseSync(config.dbPath, { readOnly: true });
          return db.prepare("SELECT * FROM tool_invocations ORDER BY id").all();
        },
        rewritePolicy: async (text) => {
          await Deno.writeTextFile(policyFile, text);
          await served.gateway.policy?.reload();
        },
      });
    } finally {
      await served.close(0);
    }
  } finally {
    await server?.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

export const request = (id: unknown, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

export const call = (id: unknown, name: string, args: object = {}) =>
  request(id, "tools/call", { name, arguments: args });

export const result = (id: unknown, text = "done") => ({
  jsonrpc: "2.0",
  id,
  result: { content: [{ type: "text", text }] },
});

export const json = (value: unknown, init: ResponseInit = {}) =>
  new Response(typeof value === "string" ? value : JSON.stringify(value), {
    ...init,
    headers: { "content-type": "application/json", ...init.headers as Record<string, string> },
  });

/** An answer of the upstream that a test writes into as it goes. */
export class Stream {
  readonly response: Response;
  /** Resolves when the gateway has gone away. */
  readonly left: Promise<void>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor(headers: Record<string, string> = {}) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.left = promise;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => resolve(),
    });
    this.response = new Response(body, {
      headers: { "content-type": "text/event-stream", ...headers },
    });
  }

  write(text: string | Uint8Array): void {
    this.#controller.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  send(message: unknown, fields = ""): void {
    this.write(`${fields}data: ${JSON.stringify(message)}\n\n`);
  }

  end(): void {
    this.#controller.close();
  }

  breakOff(): void {
    this.#controller.error(new Error("broken off by the test"));
  }
}

/** Reads a stream bit by bit. */
export class Reading {
  text = "";
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(response: Response) {
    this.#reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until this stands in the text. */
  async until(text: string): Promise<string> {
    while (!this.text.includes(text)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the stream ended without ${text}: ${this.text}`);
      this.text += value;
    }
    return this.text;
  }

  /** Reads to the end; true when it broke off. */
  async toEnd(): Promise<boolean> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) return false;
        this.text += value;
      }
    } catch {
      return true;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** An upstream of bytes: each connection is given to `serve`. */
export async function withRawUpstream(
  serve: (connection: Deno.TcpConn, index: number) => Promise<void>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Promise<void>[] = [], open = new Set<Deno.TcpConn>();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      connections.push(
        serve(connection, connections.length).catch(() => {}).finally(() => {
          open.delete(connection);
          try {
            connection.close();
          } catch {
            // It was closed by whoever served it.
          }
        }),
      );
    }
  })();
  try {
    await use(`http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/mcp`);
  } finally {
    listener.close();
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // Likewise.
      }
    }
    await accepting;
    await Promise.all(connections);
  }
}

/** Reads one HTTP request from a connection; undefined at its end. */
export async function readRequest(connection: Deno.TcpConn): Promise<string | undefined> {
  const buffer = new Uint8Array(65_536), decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return undefined;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const head = text.indexOf("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (head >= 0 && text.length >= head + 4 + length) return text;
  }
}

/** An answer that does not come before the gateway has gone away. */
export function untilLeft({ signal }: Request): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>();
  signal.addEventListener("abort", () => resolve(new Response(null)));
  return promise;
}
