/** The reference: forwards by `fetch`, and reads nothing. `blind.ts ORIGIN`. */

const [origin] = Deno.args;
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`port=${port}`),
}, async (request) => {
  const headers = new Headers(request.headers);
  headers.delete("host");
  const answer = await fetch(origin + new URL(request.url).pathname, {
    method: request.method,
    headers,
    body: request.body,
  });
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
});
