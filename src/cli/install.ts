/**
 * `agentgate install`, `uninstall` and `status`: AgentGate in the files of the clients on this machine.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { createTwoFilesPatch } from "diff";
import {
  type Aim,
  carryOut,
  type ClientFile,
  type FileReport,
  placesOf,
  reportOn,
  type ServerReport,
} from "../clients/changes.ts";
import { type Client, CLIENTS } from "../clients/clients.ts";
import { Records } from "../clients/records.ts";
import type { Starter } from "../clients/wrapping.ts";
import { agentgateHome, type Environment } from "../config/home.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { visible } from "../visible.ts";
import { shellOnly } from "./desktop_path.ts";
import type { GlobalOptions } from "./options.ts";
import { print } from "./output.ts";
import { ownCommand, running } from "./own_command.ts";

/** Options of the three commands. */
export interface InstallOptions extends GlobalOptions {
  readonly client?: readonly string[];
  readonly server?: readonly string[];
  readonly policy?: readonly string[];
  readonly project?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/**
 * Shows what is to be changed, asks, and changes it.
 *
 * @returns The exit code: 1 when something could not be done, or was not agreed to.
 * @throws {UsageError} for a client that is not known, a server that no file has, a program that does
 *   not last.
 */
export async function change(
  aim: "install" | "uninstall",
  options: InstallOptions,
): Promise<number> {
  const env = Deno.env.toObject(), records = await Records.load(agentgateHome(env));
  const starter = starterOf(aim, options, env);
  const reports = await examine(aim, options, starter, records, env);
  const pending = reports.filter(({ before, after }) => before !== after);
  let isDone = reports.every(({ fault, servers }) =>
    fault === null && (aim === "uninstall" || servers.every(({ state }) => state !== "cannot"))
  );
  if (options.json) {
    if (!options.dryRun) isDone = await carryOutAll(pending, records) && isDone;
    await print(JSON.stringify(reports.map(jsonOf), null, 2) + "\n");
    return isDone ? 0 : 1;
  }
  await print(reports.length === 0 ? NOBODY : reports.map(linesOf).join("\n"));
  for (const { path, before, after } of pending) await print(`\n${patchOf(path, before, after)}`);
  if (pending.length === 0) {
    await print(reports.length === 0 ? "" : "\nNothing to change.\n");
    return isDone ? 0 : 1;
  }
  if (options.dryRun) {
    await print("\nNothing was changed (--dry-run).\n");
    return isDone ? 0 : 1;
  }
  if (!options.yes && !agrees(pending.length)) {
    await print("\nNothing was changed. Say --yes where nobody can be asked.\n");
    return 1;
  }
  isDone = await carryOutAll(pending, records) && isDone;
  await print(
    aim === "install"
      ? "\nClients read their files when they start: start them again. `agentgate status` says what is wrapped.\n"
      : "\nClients read their files when they start: start them again.\n",
  );
  return isDone ? 0 : 1;
}

/**
 * Says of each server of each client whether AgentGate stands before it.
 *
 * @returns The exit code: 1 when a file cannot be read.
 */
export async function status(options: InstallOptions): Promise<number> {
  const reports = await statusReports(options, Deno.env.toObject());
  if (options.json) await print(JSON.stringify(reports.map(jsonOf), null, 2) + "\n");
  else await print(reports.length === 0 ? NOBODY : reports.map(linesOf).join("\n"));
  return reports.every(({ fault }) => fault === null) ? 0 : 1;
}

/** What `status` and `doctor` tell. */
export async function statusReports(
  options: InstallOptions,
  env: Environment,
): Promise<readonly FileReport[]> {
  const records = await Records.load(agentgateHome(env));
  return await examine("status", options, starterOf("status", options, env), records, env);
}

const NOBODY = "No client with MCP servers was found. " +
  "Put `agentgate wrap --` before a server's command yourself.\n";

async function examine(
  aim: Aim,
  options: InstallOptions,
  starter: Starter,
  records: Records,
  env: Environment,
): Promise<FileReport[]> {
  const all = await Promise.all(
    filesOf(options, env).map((file) =>
      reportOn(file, { aim, starter, servers: options.server, records })
    ),
  );
  const reports = all.filter((report) => report !== null);
  const names = new Set(reports.flatMap(({ servers }) => servers.map(({ name }) => name)));
  for (const server of options.server ?? []) {
    if (names.has(server)) continue;
    const near = nearest(server, [...names]);
    throw new UsageError(
      `no client has a server '${server}'` +
        (near === undefined ? "" : `; did you mean '${near}'?`),
    );
  }
  return reports.filter(({ servers, fault }) => servers.length > 0 || fault !== null);
}

function filesOf({ client: wanted, project }: InstallOptions, env: Environment): ClientFile[] {
  const ids = CLIENTS.map(({ id }) => id);
  for (const id of wanted ?? []) {
    if (ids.includes(id)) continue;
    throw new UsageError(`unknown client '${id}': it is one of ${ids.join(", ")}`);
  }
  const places = placesOf(env);
  return CLIENTS.filter(({ id }) => wanted === undefined || wanted.includes(id)).flatMap(
    (client) => {
      const files = project
        ? client.projectFiles.map((file) => resolve(file))
        : client.files(places);
      return files.map((path) => ({ client, path }));
    },
  );
}

function starterOf(aim: Aim, options: InstallOptions, env: Environment): Starter {
  const config = options.config ??
    (env.AGENTGATE_HOME ? join(agentgateHome(env), "config.toml") : undefined);
  const given = (option: string, file: string) => [option, options.project ? file : resolve(file)];
  const own = options.project
    // Whoever else works on the project has AgentGate elsewhere.
    ? { program: "agentgate", args: [] }
    : aim === "install"
    ? ownCommand(running())
    : { program: "", args: [] };
  return {
    ...own,
    options: [
      // Clients pass on few variables: where our files are must stand in the command.
      ...config === undefined ? [] : given("--config", config),
      ...(options.policy ?? []).flatMap((file) => given("--policy", file)),
    ],
  };
}

async function carryOutAll(pending: readonly FileReport[], records: Records): Promise<boolean> {
  let isDone = true;
  for (const report of pending) {
    const fault = await carryOut(report, records);
    if (fault === null) continue;
    isDone = false;
    console.error(`error: ${visible(report.path)} was not changed: ${visible(fault)}`);
  }
  return isDone;
}

function agrees(files: number): boolean {
  if (!Deno.stdin.isTerminal()) return false;
  return confirm(`\nChange ${files === 1 ? "this file" : `these ${files} files`}?`);
}

function linesOf({ client, path, servers, fault }: FileReport): string {
  const title = `${client.title}  ${visible(path)}\n`;
  if (fault !== null) return `${title}  left alone: ${visible(fault)}\n`;
  const width = Math.max(...servers.map(({ name }) => visible(name).length));
  const lines = servers.map((server) =>
    `  ${visible(server.name).padEnd(width)}  ${wordsOf(server)}${noteOn(server, client)}\n`
  );
  const isLate = client.mustQuit && servers.some(({ isChanged }) => isChanged);
  return title + lines.join("") +
    (isLate ? `  quit ${client.title} first: it writes this file while it runs\n` : "");
}

function wordsOf({ state, isChanged, why }: ServerReport): string {
  const is = { wrapped: "wrapped", plain: "not wrapped", cannot: "cannot be wrapped" }[state];
  const words = isChanged ? (state === "wrapped" ? "will be wrapped" : "will be as it was") : is;
  if (why === null) return words;
  return state === "wrapped" ? `${words}, ${visible(why)}` : `${words}: ${visible(why)}`;
}

/** Where macOS starts a client, its PATH is not the shell's. */
function noteOn({ program }: ServerReport, { isGraphical, title }: Client): string {
  if (program === null || !isGraphical || Deno.build.os !== "darwin") return "";
  const found = shellOnly(program, Deno.env.get("PATH") ?? "");
  return found === null
    ? ""
    : ` (${title} may not find ${visible(program)}: write ${visible(found)})`;
}

function patchOf(path: string, before: string, after: string): string {
  const patch = createTwoFilesPatch(path, path, before, after, "before", "after", { context: 2 });
  const shown = (line: string) => line.replace(/\r$/, "").split("\t").map(visible).join("\t");
  return patch.split("\n").slice(1).map(shown).join("\n");
}

function jsonOf({ client, path, servers, fault, before, after }: FileReport) {
  return {
    client: client.id,
    file: path,
    changed: before !== after,
    fault,
    servers: servers.map(({ name, path, program, state, isChanged, why }) => ({
      ...{ name, path, program, state, changed: isChanged, why },
    })),
  };
}
