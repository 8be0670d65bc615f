/**
 * Remote servers in a client's file: an entry with an address becomes one with a command,
 * `wrap --upstream`. Headers go into the environment, never into arguments, which everybody can list.
 *
 * @module
 */

import type { Client } from "./clients.ts";
import { type Cut, type Entry, eolOf, nameOf } from "./entry.ts";
import type { Starter } from "./wrapping.ts";

/** A variable of the environment that holds a header: `Name: value`. */
export const HEADER_VARIABLE = /^AGENTGATE_HEADER_\d+$/;

/** What becomes of a remote entry. */
export type RemoteVerdict = { readonly cuts: readonly Cut[] } | { readonly why: string };

const HEADER_KEYS = ["headers", "http_headers"];

/** Finds out what becomes of it. */
export function wrapRemote(
  text: string,
  entry: Entry,
  client: Client,
  { program, args, options }: Starter,
): RemoteVerdict {
  const { members } = entry, value = (key: string) => members.get(key)?.value;
  const urlKey = client.urls.find((key) => members.has(key))!, url = value(urlKey);
  const type = value("type"), headerKey = HEADER_KEYS.find((key) => members.has(key));
  const headers = headerKey === undefined ? {} : value(headerKey);
  if (client.dialect === "toml" || client.dialect === "yaml") {
    return { why: "it is remote: write `wrap --upstream` as its command yourself" };
  }
  if (typeof url !== "string" || !URL.canParse(url)) {
    return { why: "its address is not a plain URL" };
  }
  const isSse = type === "sse" || client.id === "gemini" && urlKey === "url";
  if (isSse) {
    return { why: "it speaks the older SSE: put `agentgate serve --transport sse` before it" };
  }
  if (!isTexts(headers)) return { why: "its headers are not plain texts" };
  if (Object.keys(headers).length === 0 && !isLoopback(new URL(url).hostname)) {
    return {
      why: "it may want a sign-in, which only the client can do: put `agentgate serve` before it",
    };
  }
  const words = [...args, "wrap", "--name", nameOf(entry), ...options, "--upstream", url];
  const envKey = client.shape === "list" ? "environment" : "env";
  const env = {
    ...value(envKey) as object | undefined,
    ...Object.fromEntries(
      Object.entries(headers).map((
        [name, text],
        i,
      ) => [`AGENTGATE_HEADER_${i + 1}`, `${name}: ${text}`]),
    ),
  };
  const gone = new Set([urlKey, "type", envKey, ...HEADER_KEYS]);
  const made = {
    ...type === undefined && client.shape !== "list" ? {} : { type: client.stdioType ?? "stdio" },
    ...client.shape === "list"
      ? { command: [program, ...words] }
      : { command: program, args: words },
    ...Object.keys(env).length > 0 ? { [envKey]: env } : {},
    ...Object.fromEntries(
      [...members].filter(([key]) => !gone.has(key)).map(([key, { value }]) => [key, value]),
    ),
  };
  return { cuts: [{ from: entry.from, to: entry.to, text: laidOut(made, text, entry) }] };
}

/** Makes a remote entry of one again, for want of a record of what it was. */
export function unwrapRemote(
  text: string,
  entry: Entry,
  client: Client,
  words: readonly string[],
): readonly Cut[] {
  const { members } = entry, envKey = client.shape === "list" ? "environment" : "env";
  const all = Object.entries(members.get(envKey)?.value ?? {}) as [string, string][];
  const headers = all.filter(([name]) => HEADER_VARIABLE.test(name))
    .map((
      [, text],
    ) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1).trim()]);
  const env = all.filter(([name]) => !HEADER_VARIABLE.test(name));
  const type = client.shape === "list" ? "remote" : members.has("type") ? "http" : undefined;
  const gone = new Set(["type", "command", "args", envKey]);
  const made = {
    ...type === undefined ? {} : { type },
    [client.urls[0]!]: words[words.indexOf("--upstream") + 1],
    ...headers.length > 0 ? { headers: Object.fromEntries(headers) } : {},
    ...env.length > 0 ? { [envKey]: Object.fromEntries(env) } : {},
    ...Object.fromEntries(
      [...members].filter(([key]) => !gone.has(key)).map(([key, { value }]) => [key, value]),
    ),
  };
  return [{ from: entry.from, to: entry.to, text: laidOut(made, text, entry) }];
}

/** An object as the entry that it replaces was laid out. */
function laidOut(value: object, text: string, { from, to }: Entry): string {
  const before = text.slice(from, to);
  if (!before.includes("\n")) return JSON.stringify(value);
  const line = text.slice(text.lastIndexOf("\n", from) + 1, from), indent = /^\s*/.exec(line)![0];
  const inner = /\n(\s*)\S/.exec(before)![1]!, step = inner.slice(indent.length) || "  ";
  return JSON.stringify(value, null, step).replaceAll("\n", eolOf(text) + indent);
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null &&
    Object.values(value).every((text) => typeof text === "string");
}
