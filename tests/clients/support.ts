/** A home folder with files of clients, and what AgentGate makes of them. */

import { dirname, join } from "node:path";
import { type Aim, carryOut, type FileReport, reportOn } from "../../src/clients/changes.ts";
import { type Client, CLIENTS } from "../../src/clients/clients.ts";
import { Records } from "../../src/clients/records.ts";

export const STARTER = { program: "/opt/agent gate/agentgate", args: [], options: [] };

export function clientOf(id: string): Client {
  return CLIENTS.find((client) => client.id === id)!;
}

/** One file of a client, in a folder of its own. */
export class Home implements AsyncDisposable {
  readonly path: string;

  private constructor(readonly folder: string, readonly client: Client, name: string) {
    this.path = join(folder, name);
  }

  static async with(id: string, text?: string | Uint8Array, name = "mcp"): Promise<Home> {
    const home = new Home(
      await Deno.makeTempDir({ prefix: "agentgate_clients_" }),
      clientOf(id),
      name,
    );
    if (typeof text === "string") await Deno.writeTextFile(home.path, text);
    else if (text !== undefined) await Deno.writeFile(home.path, text);
    return home;
  }

  /** What would be done. */
  async report(aim: Aim, servers?: readonly string[], starter = STARTER): Promise<FileReport> {
    const records = await Records.load(this.folder);
    const report = await reportOn(this, { aim, starter, servers, records });
    if (report === null) throw new Error("there is no file");
    return report;
  }

  /** Does it; gives why it could not be done. */
  async do(aim: Aim, servers?: readonly string[], starter = STARTER): Promise<string | null> {
    const report = await this.report(aim, servers, starter);
    if (report.fault !== null) return report.fault;
    return report.before === report.after
      ? null
      : await carryOut(report, await Records.load(this.folder));
  }

  text(): Promise<string> {
    return Deno.readTextFile(this.path);
  }

  /** Forgets what was written. */
  async forget(): Promise<void> {
    await Deno.remove(join(this.folder, "clients"), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(dirname(this.path), { recursive: true });
  }
}
