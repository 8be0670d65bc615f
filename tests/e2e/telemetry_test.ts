import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT, scripted, withWrap } from "./gateway.ts";
import { withFolder, withProgram } from "./remote.ts";
import { gatewayTest } from "./transports.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c", PARENT = "b7ad6b7169203331";

// deno-lint-ignore no-explicit-any
type Span = any;

/** Runs `use` with a receiver of OTLP in JSON, and the first span of a name that it gets. */
async function withReceiver(
  use: (endpoint: string, spanOf: (name: string) => Promise<Span>) => Promise<void>,
): Promise<void> {
  const spans = new Map<string, PromiseWithResolvers<Span>>();
  const spanOf = (name: string) => {
    if (!spans.has(name)) spans.set(name, Promise.withResolvers());
    return spans.get(name)!;
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { resourceSpans = [] } = await request.json();
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) {
        for (const span of spans) spanOf(span.name).resolve(span);
      }
    }
    return Response.json({});
  });
  try {
    await use(`http://127.0.0.1:${server.addr.port}`, (name) => spanOf(name).promise);
  } finally {
    await server.shutdown();
  }
}

/** Attributes of a span, by their names. */
const attributesOf = (span: Span): Record<string, unknown> =>
  Object.fromEntries(
    // deno-lint-ignore no-explicit-any
    span.attributes.map(({ key, value }: any) => [key, Object.values(value)[0]]),
  );

const environment = (endpoint: string) => ({
  OTEL_DENO: "true",
  OTEL_DENO_CONSOLE: "ignore",
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_BSP_SCHEDULE_DELAY: "50",
});

gatewayTest(
  "a call is a span of the trace that the agent says it belongs to",
  () =>
    withReceiver((endpoint, spanOf) =>
      withWrap(scripted(), { env: environment(endpoint) }, async (wrap) => {
        await wrap.send({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: {
            name: "echo",
            arguments: { secret: "s3cret" },
            _meta: { traceparent: `00-${TRACE}-${PARENT}-01` },
          },
        });
        await wrap.next();
        const span = await spanOf("tools/call echo");
        assert.deepEqual([span.traceId, span.parentSpanId, span.kind], [TRACE, PARENT, 2]);
        const attributes = attributesOf(span);
        for (const name of ["mcp.method.name", "gen_ai.tool.name", "agentgate.outcome"]) {
          assert.ok(name in attributes, name);
        }
        assert.equal(attributes["network.transport"], "pipe");
        assert.ok(!JSON.stringify(span).includes("s3cret"));
      })
    ),
);

gatewayTest(
  "the wrapped server does not inherit our switch",
  () =>
    withReceiver((endpoint) =>
      withWrap(
        ["sh", "-c", "env >&2; echo that was all >&2"],
        { env: environment(endpoint) },
        async (wrap) => {
          await wrap.stderrHas("that was all");
          assert.doesNotMatch(wrap.stderr(), /^OTEL_DENO=/m);
          assert.match(wrap.stderr(), /^OTEL_EXPORTER_OTLP_ENDPOINT=/m);
        },
      )
    ),
);

/** Runs `use` with an `agentgate serve` before a server that does as it is told, and what calls it. */
function withServe(
  setup: { readonly env?: Record<string, string>; readonly options?: readonly string[] },
  use: (url: string, call: (headers?: Record<string, string>) => Promise<number>) => Promise<void>,
): Promise<void> {
  return withFolder(async (home) => {
    const upstream = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { id } = await request.json();
        return Response.json({ jsonrpc: "2.0", id, result: { content: [] } });
      },
    );
    const words = ["serve", "--transport", "http", "--port", "0", "--dashboard-port", "0"];
    await withProgram(
      [
        Deno.execPath(),
        ...["run", "-A", "--quiet", join(PROJECT, "main.ts"), ...words],
        ...["--upstream", `http://127.0.0.1:${upstream.addr.port}/mcp`, ...setup.options ?? []],
      ],
      { HOME: home, USERPROFILE: home, ...setup.env },
      /url=(\S+)/,
      ([, url]) =>
        use(url!, async (headers = {}) => {
          const params = { name: "echo", arguments: {} };
          const response = await fetch(url!, {
            method: "POST",
            headers: {
              "content-type": "application/json",
              accept: "application/json, text/event-stream",
              ...headers,
            },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
          });
          await response.text();
          return response.status;
        }),
    );
    await upstream.shutdown();
  });
}

Deno.test("serve tells that its agents come by HTTP", () =>
  withReceiver((endpoint, spanOf) =>
    withServe({ env: environment(endpoint) }, async (_url, call) => {
      assert.equal(await call(), 200);
      const attributes = attributesOf(await spanOf("tools/call echo"));
      assert.equal(attributes["network.transport"], "tcp");
      assert.equal(attributes["network.protocol.name"], "http");
    })
  ));

Deno.test("serve has its metrics on its own port, for whoever may call", async () => {
  const counted = async (url: string, headers: Record<string, string> = {}) => {
    for (;;) {
      const response = await fetch(new URL("/metrics", url), { headers });
      const text = await response.text();
      if (response.status !== 503) {
        return [response.status, /^.*_calls_total\{.*$/m.exec(text)?.[0]];
      }
    }
  };
  const one = 'agentgate_tool_calls_total{tool="echo",status="success"} 1';
  await withServe({}, async (url, call) => {
    assert.equal(await call(), 200);
    assert.deepEqual(await counted(url), [200, one]);
  });
  await withFolder(async (folder) => {
    const config = join(folder, "c.toml"), token = "a token of thirty-two characters";
    await Deno.writeTextFile(config, `[serve]\nclient_token = "${token}"`);
    await withServe({ options: ["--config", config] }, async (url, call) => {
      const headers = { authorization: `Bearer ${token}` };
      assert.equal(await call(headers), 200);
      assert.deepEqual(await counted(url), [401, undefined]);
      assert.deepEqual(await counted(url, headers), [200, one]);
    });
  });
});
