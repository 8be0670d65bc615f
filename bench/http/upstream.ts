/** A server for measuring: answers each call at once; the path says with what. `upstream.ts [PORT]`. */

const PADDING = "x".repeat(100_000);

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.args[0] ?? 0),
  onListen: ({ port }) => console.log(`port=${port}`),
}, async (request) => {
  const { id } = await request.json(), { pathname } = new URL(request.url);
  const text = pathname === "/big" ? PADDING : "done";
  const answer = JSON.stringify({
    jsonrpc: "2.0",
    id,
    result: { content: [{ type: "text", text }] },
  });
  if (pathname !== "/sse") {
    return new Response(answer, { headers: { "content-type": "application/json" } });
  }
  const note = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}';
  const events = [note, note, answer].map((data, i) =>
    `event: message\nid: ${i}\ndata: ${data}\n\n`
  );
  const body = new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(new TextEncoder().encode(event));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
});
await server.finished;
