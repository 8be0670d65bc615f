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

Deno.test("serve tells that its agents come by HTTP", () =>
  withFolder((home) =>
    withReceiver(async (endpoint, spanOf) => {
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
          ...["--upstream", `http://127.0.0.1:${upstream.addr.port}/mcp`],
        ],
        { HOME: home, USERPROFILE: home, ...environment(endpoint) },
        /url=(\S+)/,
        async ([, url]) => {
          const params = { name: "echo", arguments: {} };
          const response = await fetch(url!, {
            method: "POST",
            headers: {
              "content-type": "application/json",
              accept: "application/json, text/event-stream",
            },
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
          });
          await response.text();
          const attributes = attributesOf(await spanOf("tools/call echo"));
          assert.equal(attributes["network.transport"], "tcp");
          assert.equal(attributes["network.protocol.name"], "http");
        },
      );
      await upstream.shutdown();
    })
  ));
