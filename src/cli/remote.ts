/**
 * What `serve` and `wrap --upstream` say of a remote server.
 *
 * @module
 */

import { expandVariables } from "../config/expand.ts";
import { HEADER_VARIABLE } from "../clients/remote.ts";
import type { Environment } from "../config/home.ts";
import { UsageError } from "../errors.ts";
import { readTextFile } from "../text_file.ts";
import { FRAMING } from "../transport/upstream/request_head.ts";

/**
 * Reads `Name: value` words; `${VARIABLES}` in values are filled in.
 *
 * @throws {UsageError} for one that is no header or not for users to say, or whose variable is not set.
 */
export function headersOf(
  words: readonly string[],
  env: Environment,
): readonly (readonly [string, string])[] {
  return [
    ...words.map((word) => headerOf(word, (value) => expandVariables(value, env))),
    ...variablesOf(env).map((word) => headerOf(word, (text) => ({ text, unset: [] }))),
  ];
}

/** Headers that `agentgate install` has put into the environment, as they are. */
function variablesOf(env: Environment): string[] {
  return Object.keys(env).filter((name) => HEADER_VARIABLE.test(name)).sort()
    .map((name) => env[name]!);
}

function headerOf(
  word: string,
  expand: (value: string) => { readonly text: string; readonly unset: readonly string[] },
): readonly [string, string] {
  const colon = word.indexOf(":"), name = word.slice(0, Math.max(0, colon)).trim().toLowerCase();
  const { text, unset } = expand(word.slice(colon + 1).trim());
  // What it holds may be a secret: it is not repeated.
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
    throw new UsageError(`--header needs "Name: value"; one of those given has no such name`);
  }
  if (FRAMING.has(name)) {
    throw new UsageError(`--header ${name}: AgentGate says itself how a request is sent`);
  }
  if (unset.length > 0) {
    throw new UsageError(`--header ${name}: the variable ${unset.join(", ")} is not set`);
  }
  if (/[\r\n\0]|[^\x20-\xff\t]/.test(text)) {
    throw new UsageError(`--header ${name}: its value has a character that headers cannot have`);
  }
  return [name, text];
}

/**
 * Certificates to trust beside the system's; undefined for no file.
 *
 * @throws {UsageError} when it cannot be read, or is no PEM.
 */
export async function caOf(file: string | undefined): Promise<readonly string[] | undefined> {
  return file === undefined ? undefined : [await pem(file, "--cert")];
}

/**
 * Reads a PEM file.
 *
 * @throws {UsageError} when it cannot be read, or is none.
 */
export async function pem(file: string, option: string): Promise<string> {
  const text = await readTextFile(file, "certificate file");
  if (text === null) throw new UsageError(`there is no file ${file} (given with ${option})`);
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(text)) return text;
  throw new UsageError(`${file} (given with ${option}) is no PEM file`);
}

/** The name of an upstream in the audit log: its host. */
export function nameOf(upstream: string): string {
  return URL.canParse(upstream) ? new URL(upstream).host : "upstream";
}

/** Whether the environment names a proxy for an address; which hosts go past it, undici knows. */
export function hasProxy(upstream: string, env: Environment): boolean {
  const named = upstream.startsWith("https:")
    ? env.https_proxy ?? env.HTTPS_PROXY
    : env.http_proxy ?? env.HTTP_PROXY;
  return named !== undefined && named !== "";
}
