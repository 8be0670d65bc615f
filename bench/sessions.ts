/**
 * What an idle session costs a process that serves many: bytes of memory for each, and whether all of it
 * comes back when they are closed.
 *
 * Run as `deno run -A --v8-flags=--expose-gc bench/sessions.ts [SESSIONS]`.
 *
 * @module
 */

import { join } from "node:path";
import { loadConfig } from "../src/config/config.ts";
import type { Connection } from "../src/gateway/connection.ts";
import { Gateway } from "../src/gateway/gateway.ts";
import { createLog } from "../src/log.ts";

const sessions = Number(Deno.args[0] ?? 2000);
const folder = await Deno.makeTempDir({ prefix: "agentgate_bench_" });
try {
  const policies = [join(folder, "policy.toml")];
  const policy = new URL("../policies/default.toml", import.meta.url);
  await Deno.copyFile(policy, policies[0]!);
  const config = await loadConfig({ policies, env: { AGENTGATE_HOME: folder } });
  const log = createLog({ level: "error", format: "pretty" });
  const gateway = await Gateway.open({ config, log, serverName: "server" });
  measure(gateway, "warm-up");
  measure(gateway, "measured");
  await gateway.close();
} finally {
  await Deno.remove(folder, { recursive: true });
}

function measure(gateway: Gateway, what: string): void {
  const before = heldBytes();
  const open = connectAll(gateway);
  const held = heldBytes() - before;
  closeAll(open);
  const left = heldBytes() - before;
  const each = (bytes: number) => `${(bytes / sessions / 1024).toFixed(1)} KB`;
  console.log(`${what}: ${sessions} sessions, ${each(held)} each; once closed ${each(left)} each`);
}

function connectAll(gateway: Gateway): Connection[] {
  return Array.from(
    { length: sessions },
    () => gateway.connect({ sessionId: crypto.randomUUID(), tellAgent: () => {} }),
  );
}

function closeAll(open: Connection[]): void {
  while (open.length > 0) open.pop()!.close();
}

/** Bytes in use, the garbage collected. */
function heldBytes(): number {
  const { gc } = globalThis as unknown as { gc: () => void };
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
