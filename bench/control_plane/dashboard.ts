/**
 * A dashboard in a process of its own, over an audit log that the measurement writes.
 *
 * @module
 */

import { program } from "../programs.ts";

/** A running one. */
export interface BenchDashboard {
  readonly port: number;
  readonly key: string;
  readonly child: Deno.ChildProcess;
}

/** Starts one; resolves when it serves. */
export async function startDashboard(db: string, home: string): Promise<BenchDashboard> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), { port } = listener.addr;
  listener.close();
  const [deno, ...args] = program("../main.ts", "dashboard", "--port", `${port}`, "--db", db);
  const env = { AGENTGATE_HOME: home };
  const child = new Deno.Command(deno, { args, env, stdout: "piped" }).spawn();
  const first = await child.stdout.getReader().read();
  return { port, key: new TextDecoder().decode(first.value).split("#key=")[1]!.trim(), child };
}
