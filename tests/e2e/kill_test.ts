import assert from "node:assert/strict";
import { readRows, scripted, withWrap, type Wrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const posix = Deno.build.os !== "windows";
const line = (id: number) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"n":${id}}}}\n`;

/** How far behind the audit log may be, and what the test's own clock may be off. */
const BEHIND_MS = 50;

/** Traffic without pause: what was sent, and when each answer came. */
class Traffic {
  sent = 0;
  readonly answeredAt = new Map<number, number>();
  readonly #wrap: Wrap;
  #stopped = false;

  constructor(wrap: Wrap) {
    this.#wrap = wrap;
  }

  /** Keeps 20 calls open until the line breaks; resolves then. */
  async run(onAnswer: (answered: number) => void): Promise<void> {
    const send = () => this.#wrap.send(line(this.sent++));
    try {
      for (let i = 0; i < 20; i++) await send();
      for (;;) {
        const message = await this.#wrap.next();
        if (message === undefined) return;
        if (message.error !== undefined) continue;
        this.answeredAt.set(message.id, performance.now());
        onAnswer(this.answeredAt.size);
        if (!this.#stopped) await send();
      }
    } catch {
      // The line broke in mid-message: that is what these tests do.
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** Runs traffic and calls `kill` in the middle of it. */
async function inMidTraffic(
  wrap: Wrap,
  kill: () => void,
): Promise<{ traffic: Traffic; at: number }> {
  const traffic = new Traffic(wrap);
  let at = 0;
  await traffic.run((answered) => {
    if (answered !== 2000) return;
    at = performance.now();
    kill();
    traffic.stop();
  });
  await wrap.child.status;
  return { traffic, at };
}

gatewayTest("wrap killed in mid-traffic has lost no more than the last 50 ms", async () => {
  await withWrap(scripted(), {}, async (wrap) => {
    const { traffic, at } = await inMidTraffic(wrap, () => wrap.child.kill("SIGKILL"));
    const stored = new Set(readRows(wrap.dbPath).map((row) => Number(row.request_id)));
    const lost = [...traffic.answeredAt].filter(([id, when]) =>
      when < at - BEHIND_MS && !stored.has(id)
    );
    assert.deepEqual(lost, []);
    assert.ok(stored.size > 1000, `${stored.size} rows`);
  });
});

gatewayTest(
  "wrap with strict durability, killed in mid-traffic, has lost nothing that was answered",
  async () => {
    const config = '[audit]\ndurability = "strict"\n';
    await withWrap(scripted(), { config }, async (wrap) => {
      const { traffic } = await inMidTraffic(wrap, () => wrap.child.kill("SIGKILL"));
      const stored = new Set(readRows(wrap.dbPath).map((row) => Number(row.request_id)));
      assert.deepEqual([...traffic.answeredAt.keys()].filter((id) => !stored.has(id)), []);
    });
  },
);

gatewayTest({
  name: "wrap asked to stop in mid-traffic has a row with an end for every call that came",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted(), {}, async (wrap) => {
      const { traffic } = await inMidTraffic(wrap, () => wrap.child.kill("SIGTERM"));
      const rows = readRows(wrap.dbPath);
      assert.equal(new Set(rows.map((row) => row.request_id)).size, rows.length);
      assert.ok(rows.length >= traffic.answeredAt.size && rows.length <= traffic.sent);
      assert.deepEqual(rows.filter((row) => row.outcome === "open"), []);
    });
  },
});

gatewayTest(
  "wrap whose server is killed in mid-traffic has a row with an end for every call",
  async () => {
    await withWrap(scripted("--tell-pid"), {}, async (wrap) => {
      await wrap.stderrHas("pid ");
      const pid = Number(/pid (\d+)/.exec(wrap.stderr())![1]);
      const { traffic } = await inMidTraffic(wrap, () => Deno.kill(pid, "SIGKILL"));
      const rows = readRows(wrap.dbPath);
      assert.ok(rows.length >= traffic.answeredAt.size && rows.length <= traffic.sent);
      const ends = new Set(rows.map((row) => row.outcome));
      assert.ok([...ends].every((end) => end === "ok" || end === "server_gone"), [...ends].join());
      assert.equal(rows.filter((row) => row.outcome === "ok").length, traffic.answeredAt.size);
    });
  },
);

gatewayTest("wrap closes the open rows of a killed gateway at the next start", async () => {
  await withWrap(scripted("--mute", "--noise"), {}, async (wrap) => {
    await wrap.send(line(1));
    await wrap.stderrHas("a log line that went to stdout");
    while (readRows(wrap.dbPath).length === 0) await new Promise((done) => setTimeout(done, 10));
    wrap.child.kill("SIGKILL");
    await wrap.child.status;
    assert.equal(readRows(wrap.dbPath)[0].outcome, "open");
    await withWrap(scripted(), { options: ["--db", wrap.dbPath] }, async (next) => {
      await next.send(line(2));
      await next.next();
      await next.closeInput();
      await next.rest();
      await next.child.status;
    });
    assert.deepEqual(readRows(wrap.dbPath).map((row) => [row.outcome, row.status]), [
      ["unknown", "error"],
      ["ok", "allowed"],
    ]);
  });
});

gatewayTest({
  name: "wrap killed with SIGKILL leaves no server behind, though that ignores everything",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted("--ignore-eof", "--ignore-signals"), {}, async (wrap) => {
      await wrap.send(line(1));
      await wrap.next();
      wrap.child.kill("SIGKILL");
      await wrap.stderrEnded();
    });
  },
});
