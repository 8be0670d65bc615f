import assert from "node:assert/strict";
import { createLog, type LogFormat, MAX_WAITING_BYTES } from "../../src/log.ts";

const NOON = Date.UTC(2026, 10, 22, 17, 52, 54, 170);

/** A log whose lines are kept. */
function keptLog(format: LogFormat, level: "debug" | "info" | "warn" | "error" = "debug") {
  let text = "";
  const write = (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    return Promise.resolve();
  };
  const log = createLog({ level, format, write, now: () => NOON });
  return { log, text: async () => (await log.flush(1000), text) };
}

/** A log on a writer that takes nothing until it is told to. */
function stuckLog() {
  const chunks: string[] = [];
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const write = (chunk: Uint8Array) => {
    chunks.push(new TextDecoder().decode(chunk));
    return opened;
  };
  return {
    log: createLog({ level: "info", format: "pretty", write, now: () => NOON }),
    chunks,
    open,
  };
}

Deno.test("createLog writes a pretty line", async () => {
  const { log, text } = keptLog("pretty");
  log.warn("the server is slow", { ms: 12, name: "a b", none: null, empty: "", plain: "x" });
  assert.equal(
    await text(),
    `[agentgate] 2026-11-22T17:52:54.170Z WARN the server is slow ms=12 name="a b" none=null empty="" plain=x\n`,
  );
});

Deno.test("createLog writes one JSON object a line", async () => {
  const { log, text } = keptLog("json");
  log.info("one", { n: 1 });
  log.error("two\nlines");
  const lines = (await text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, [
    { time: "2026-11-22T17:52:54.170Z", level: "info", message: "one", n: 1 },
    { time: "2026-11-22T17:52:54.170Z", level: "error", message: "two\nlines" },
  ]);
});

Deno.test("createLog escapes what a terminal would obey", async () => {
  const evil = "a\x1b[2J\r\nb\x9b\u202e\u2028\x7f";
  const pretty = keptLog("pretty");
  pretty.log.info(evil, { evil });
  assert.equal((await pretty.text()).split("\n").length, 2);
  assert.match(await pretty.text(), /a\\u001b\[2J\\r\\nb\\u009b\\u202e\\u2028\\u007f/);
  const json = keptLog("json");
  json.log.info(evil);
  const line = await json.text();
  // deno-lint-ignore no-control-regex
  assert.ok(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/.test(line));
  assert.equal(JSON.parse(line).message, evil);
});

Deno.test("createLog leaves out what is below its level", async () => {
  const { log, text } = keptLog("pretty", "warn");
  assert.deepEqual(["debug", "info", "warn", "error"].map((l) => log.enabled(l as "debug")), [
    false,
    false,
    true,
    true,
  ]);
  log.info("no");
  log.error("yes");
  assert.match(await text(), /^\S+ \S+ ERROR yes\n$/);
});

Deno.test("createLog never waits for a sink that is stuck, and tells what it dropped", async () => {
  const { log, chunks, open } = stuckLog();
  const line = "x".repeat(1000);
  for (let count = 0; count < 10_000; count++) log.info(line);
  await log.flush(10);
  assert.equal(chunks.length, 1);
  open();
  await log.flush(1000);
  const lines = chunks.join("").trimEnd().split("\n");
  const kept = lines.length - 1;
  assert.ok(chunks.join("").length <= MAX_WAITING_BYTES + 200);
  assert.match(
    lines.at(-1) ?? "",
    new RegExp(`WARN log lines were dropped .* dropped=${10_000 - kept}$`),
  );
});

Deno.test("createLog takes what just fits its queue and drops what does not", async () => {
  for (const excess of [0, 1]) {
    const { log, chunks, open } = stuckLog();
    const frame = "[agentgate] 2026-11-22T17:52:54.170Z INFO \n".length;
    log.info("x".repeat(MAX_WAITING_BYTES - frame + excess));
    open();
    await log.flush(1000);
    assert.equal(chunks.join("").length, excess === 0 ? MAX_WAITING_BYTES : 0);
  }
});

Deno.test("createLog is silent, not broken, when stderr is closed", async () => {
  let writes = 0;
  const write = () => {
    writes++;
    return Promise.reject(new Deno.errors.BrokenPipe());
  };
  const log = createLog({ level: "info", format: "pretty", write });
  log.info("one");
  await log.flush(1000);
  log.info("two");
  await log.flush(1000);
  assert.equal(writes, 1);
});

Deno.test("createLog does not keep a process whose stderr is never read", async () => {
  const module = import.meta.resolve("../../src/log.ts");
  const script = `import { createLog } from ${JSON.stringify(module)};
    const log = createLog({ level: "info", format: "pretty" });
    const start = performance.now();
    for (let i = 0; i < 5000; i++) log.info("x".repeat(200));
    await log.flush(50);
    console.log(Math.round(performance.now() - start));
    Deno.exit(7);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const status = await child.status;
  assert.equal(status.code, 7);
  assert.ok(Number(await new Response(child.stdout).text()) < 1000);
  await child.stderr.cancel();
});

Deno.test("createLog passes a line on as it is, and keeps JSON JSON", async () => {
  const line = new Uint8Array([0x1b, 0x5b, 0x6d, 0xff, 0x21]);
  let bytes = new Uint8Array(0);
  const write = (chunk: Uint8Array) => Promise.resolve(void (bytes = chunk.slice()));
  const log = createLog({ level: "error", format: "pretty", write });
  log.pass(line);
  line.fill(0);
  await log.flush(1000);
  assert.deepEqual([...bytes], [0x1b, 0x5b, 0x6d, 0xff, 0x21, 0x0a]);
  const json = keptLog("json", "error");
  json.log.pass(new TextEncoder().encode('say "hi"'));
  assert.equal(JSON.parse(await json.text()).message, 'say "hi"');
});
