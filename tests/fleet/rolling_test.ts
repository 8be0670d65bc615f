/** A rolling restart of replicas under load. */

import assert from "node:assert/strict";
import { readRows } from "../e2e/gateway.ts";
import { freePort, withFolder } from "../e2e/remote.ts";
import { JSON_HEADERS } from "../gateway/http/fixture.ts";
import { HAS_HAPROXY, withHaproxy, withReplica } from "./haproxy.ts";

const AGENTS = 8;

/** An MCP server without sessions that counts how often each call reaches it. */
async function withCounter(
  use: (url: string, counts: ReadonlyMap<string, number>) => Promise<void>,
): Promise<void> {
  const counts = new Map<string, number>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { id, params } = await request.json(), { message } = params.arguments;
      counts.set(message, (counts.get(message) ?? 0) + 1);
      // Some calls take a while: they are under way when their replica is told to end.
      await new Promise((resolve) => setTimeout(resolve, message.endsWith("7") ? 300 : 2));
      return Response.json({ jsonrpc: "2.0", id, result: { content: [] } });
    },
  );
  await use(`http://127.0.0.1:${server.addr.port}/mcp`, counts);
}

Deno.test({
  name: "a rolling restart under load loses no call, and doubles none",
  ignore: !HAS_HAPROXY,
  fn: () =>
    withFolder((folder) =>
      withCounter(async (upstream, counts) => {
        const ports = [freePort(), freePort()], balance = "balance roundrobin";
        const config = "[serve]\nreplicated = true\nunready_seconds = 0.5\n";
        const replica = (i: number, round: string) => ({
          ...{ upstream, folder, config, port: ports[i]! },
          name: `replica${i}-${round}`,
        });
        /** Asks a replica to end, and waits until it has. */
        const end = async (child: Deno.ChildProcess, stderr: () => string) => {
          child.kill("SIGTERM");
          assert.equal((await child.status).code, 0, stderr());
        };
        const load = new Load();
        const haproxy = (use: (origin: string) => Promise<void>) =>
          withHaproxy({ folder, ports, balance }, use);
        await withReplica(replica(0, "old"), (old0, _db, stderr0) =>
          withReplica(replica(1, "old"), (old1, _db, stderr1) =>
            haproxy(async (origin) => {
              const agents = load.start(`${origin}/mcp`);
              await load.reaches(200);
              await end(old0, stderr0);
              await withReplica(replica(0, "new"), async (_, dbPath) => {
                await isUsed(dbPath);
                await end(old1, stderr1);
                await withReplica(replica(1, "new"), async (_, dbPath) => {
                  await isUsed(dbPath);
                  load.stop();
                  await agents;
                });
              });
            })));
        assert.deepEqual(load.faults, []);
        assert.equal(counts.size, load.answered);
        assert.deepEqual([...counts].filter(([, count]) => count !== 1), []);
      })
    ),
});

/** Resolves when a replica has recorded a call: HAProxy has seen that it is ready. */
async function isUsed(dbPath: string): Promise<void> {
  while (readRows(dbPath).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Agents that call one after the other, each call once. */
class Load {
  answered = 0;
  readonly faults: string[] = [];
  #isStopped = false;
  #awaited: { count: number; reached: () => void }[] = [];

  /** Resolves when all agents have stopped. */
  async start(url: string): Promise<void> {
    await Promise.all(Array.from({ length: AGENTS }, (_, i) => this.#call(url, `agent${i}`)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when so many calls were answered. */
  reaches(count: number): Promise<void> {
    return new Promise((reached) => this.#awaited.push({ count, reached }));
  }

  async #call(url: string, agent: string): Promise<void> {
    for (let id = 1; !this.#isStopped; id++) {
      const params = { name: "echo", arguments: { message: `${agent}-${id}` } };
      const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
      try {
        const response = await fetch(url, { method: "POST", headers: JSON_HEADERS, body });
        const text = await response.text();
        if (response.status !== 200) this.faults.push(`${agent}-${id}: ${response.status} ${text}`);
      } catch (fault) {
        this.faults.push(`${agent}-${id}: ${fault}`);
      }
      this.answered++;
      this.#awaited = this.#awaited.filter(({ count, reached }) => {
        if (this.answered >= count) reached();
        return this.answered < count;
      });
    }
  }
}
