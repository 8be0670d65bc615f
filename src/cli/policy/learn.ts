/**
 * `agentgate policy learn`: a policy that allows what was seen.
 *
 * @module
 */

import { resolve } from "node:path";
import { reasonOf, UsageError } from "../../errors.ts";
import { learn as learnFrom } from "../../simulate/learn/learn.ts";
import { parseInstantWord } from "../logs/filter.ts";
import { localZone } from "../logs/zone.ts";
import type { GlobalOptions } from "../options.ts";
import { print } from "../output.ts";
import { openRecordedCalls } from "./recorded_calls.ts";

/** The options of `policy learn`, as typed. */
export interface LearnCommandOptions extends GlobalOptions {
  readonly server?: string;
  readonly since?: string;
  readonly minCalls: string;
  readonly root?: readonly string[];
  readonly name: string;
  readonly tests: string;
  readonly out?: string;
}

/** What `--min-calls` and `--tests` may be. */
const MAX_COUNT = 1_000_000;

/**
 * Prints the policy, or writes it to a new file.
 *
 * @returns The exit code.
 * @throws {UsageError} for an option whose value means nothing, a log that cannot be read, and a file
 *   that is there.
 */
export async function learn(options: LearnCommandOptions): Promise<number> {
  const { server, since, out, name } = options;
  const filter = {
    server,
    since: since === undefined
      ? undefined
      : parseInstantWord("--since", since, Date.now(), localZone()),
  };
  const settings = {
    name,
    minCalls: count("--min-calls", options.minCalls, 1),
    tests: count("--tests", options.tests, 0),
    roots: (options.root ?? []).map((root) => resolve(root)),
  };
  if (out !== undefined) await refuseExisting(out);
  using log = (await openRecordedCalls(options)).log;
  log.hold();
  const text = await learnFrom({
    *rows() {
      for (const { row } of log.rows(filter, false)) yield row;
    },
    listedArguments: (server, tool) => log.listedArguments(server, tool),
    homes: () => log.homes(),
  }, settings);
  if (out === undefined) await print(text);
  else await writeNew(out, text);
  return 0;
}

function count(option: string, word: string, least: number): number {
  const value = /^\d+$/.test(word) ? Number(word) : NaN;
  if (value >= least && value <= MAX_COUNT) return value;
  throw new UsageError(
    `${option} ${JSON.stringify(word)} is not a number from ${least} to ${MAX_COUNT}`,
  );
}

async function refuseExisting(path: string): Promise<void> {
  const found = await Deno.lstat(path).catch(() => null);
  if (found !== null) throw exists(path);
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true });
  } catch (fault) {
    if (fault instanceof Deno.errors.AlreadyExists) throw exists(path);
    throw new UsageError(`cannot write ${path}: ${reasonOf(fault)}`);
  }
}

function exists(path: string): UsageError {
  return new UsageError(
    `${path} is there already, and learning overwrites nothing: give another --out`,
  );
}
