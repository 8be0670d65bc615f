/**
 * The command line.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** Another gateway to measure. */
export interface OtherGateway {
  readonly name: string;
  /** Its command up to the server's. */
  readonly command: readonly string[];
}

/** What was asked for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly rounds: number;
  /** The core to pin to; undefined: choose one; null: none. */
  readonly core: number | null | undefined;
  /** The transports to measure AgentGate with; null: the one that it chooses. */
  readonly transports: readonly (string | null)[];
  readonly gateways: readonly OtherGateway[];
  /** The folder for results; undefined: that of this version, and none for a quick run. */
  readonly out: string | undefined;
}

/** What `--help` prints. */
export const HELP = `deno task bench:overhead [options]

Measures round trips of tools/call through AgentGate, beside the server alone and a byte pump.

  --rounds N          rounds, of which medians are taken (3; 1 of a quick run)
  --core N|none       the core that all processes run on (1, or 0 where there is only one)
  --transport NAME    AgentGate's transport: portable, native or both (what AgentGate chooses)
  --gateway NAME=...  another gateway: its command up to the server's, in words with "quotes" where
                      needed; may be given again. It runs in a temporary folder, which is its HOME
  --quick             a short run, to see that everything works; writes no results
  --out FOLDER        write results there (bench/results/VERSION)
`;

/** A command line that makes no sense. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

/**
 * Reads the command line.
 *
 * @throws {OptionError} when it makes no sense.
 */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  return {
    help: values.help,
    quick: values.quick,
    rounds: integer("--rounds", values.rounds ?? (values.quick ? "1" : "3"), 1),
    core: values.core === undefined
      ? undefined
      : values.core === "none"
      ? null
      : integer("--core", values.core, 0),
    transports: readTransports(values.transport),
    gateways: values.gateway.map(readGateway),
    out: values.out,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      help: { type: "boolean", short: "h", default: false },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      core: { type: "string" },
      transport: { type: "string" },
      gateway: { type: "string", multiple: true, default: [] as string[] },
      out: { type: "string" },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (fault) {
    throw new OptionError(fault instanceof Error ? fault.message : String(fault));
  }
}

function readTransports(name: string | undefined): (string | null)[] {
  if (name === undefined) return [null];
  if (name === "both") return ["portable", "native"];
  if (name === "portable" || name === "native") return [name];
  throw new OptionError(`--transport is portable, native or both, not '${name}'`);
}

function readGateway(text: string): OtherGateway {
  const [, name, rest] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const words = [...(rest ?? "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
  if (name === undefined || words.length === 0) {
    throw new OptionError(`--gateway is NAME=COMMAND UP TO THE SERVER'S, not '${text}'`);
  }
  return { name: name.trim(), command: words.map((word) => word[1] ?? word[2] ?? word[3]!) };
}

function integer(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return value;
  throw new OptionError(`${option} is a whole number, at least ${least}, not '${text}'`);
}
