/**
 * Options that commands share, and those of `wrap`, which two readers must know: the parser, and the
 * shortcut around it.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { Range } from "../toml/table.ts";

/** An option that is followed by a value. */
export interface ValueOption {
  /** The placeholder of its value in `--help`. */
  readonly value: string;
  /** Words of `--help`. */
  readonly text: string;
  /** Whether it may be given again, for a list of values. */
  readonly repeats?: boolean;
}

/** Options that stand before or after the command word alike, by name. */
export const GLOBAL_OPTIONS = Object.freeze(
  {
    config: { value: "file", text: "use this configuration, not ~/.agentgate/config.toml" },
    db: { value: "file", text: "use this database, whatever the configuration says" },
  } as const satisfies Record<string, ValueOption>,
);

/** Options of `wrap`, by name. */
export const WRAP_OPTIONS = Object.freeze(
  {
    name: { value: "name", text: "what to call the server (default: its program or package)" },
    policy: {
      value: "file",
      text: "enforce this policy; again for more files, in order",
      repeats: true,
    },
    transport: {
      value: "name",
      text: "native or portable (default: native where it can run)",
    },
    upstream: {
      value: "url",
      text: "the server's address, for one that is reached by HTTP; then there is no command",
    },
    header: {
      value: '"Name: value"',
      text: "with --upstream: send this; ${VARIABLES} are filled in, so that no secret stands here",
      repeats: true,
    },
    cert: { value: "file", text: "with --upstream: trust this certificate, too (PEM)" },
    "dashboard-port": {
      value: "port",
      text: "serve the dashboard there; 0: nowhere (default: 7070)",
    },
    "metrics-port": { value: "port", text: "serve this gateway's metrics for Prometheus there" },
  } as const satisfies Record<string, ValueOption>,
);

/** The port of `serve` unless another is given. */
export const SERVE_PORT = 7072;

/** Options of `serve`, by name. */
export const SERVE_OPTIONS = Object.freeze(
  {
    transport: { value: "name", text: "http (Streamable HTTP) or sse (the older HTTP with SSE)" },
    upstream: { value: "url", text: "the server's address" },
    port: { value: "n", text: "where agents connect (default: 7072; 0: any that is free)" },
    host: { value: "address", text: "where to listen (default: 127.0.0.1, this machine alone)" },
    header: {
      value: '"Name: value"',
      text: "send this to the server, in place of the agent's; ${VARIABLES} are filled in",
      repeats: true,
    },
    policy: WRAP_OPTIONS.policy,
    name: { value: "name", text: "what to call the server (default: its host)" },
    "allow-host": {
      value: "host",
      text: "a name by which agents may reach us, besides localhost",
      repeats: true,
    },
    "allow-origin": {
      value: "origin",
      text: "a web page that may reach us, as https://example.com",
      repeats: true,
    },
    "tls-cert": { value: "file", text: "serve https with this certificate (PEM)" },
    "tls-key": { value: "file", text: "its key (PEM)" },
    cert: { value: "file", text: "trust this certificate of the server's, too (PEM)" },
    "dashboard-port": WRAP_OPTIONS["dashboard-port"],
    "metrics-port": WRAP_OPTIONS["metrics-port"],
  } as const satisfies Record<string, ValueOption>,
);

/** `dashboard-port` as the parser of the command line calls its value: `dashboardPort`. */
type Camel<Name> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

/** The values of options: texts, and lists where they repeat. */
type Values<Options extends Record<string, ValueOption>> = {
  readonly [Name in keyof Options as Camel<Name>]?: Options[Name] extends { readonly repeats: true }
    ? readonly string[]
    : string;
};

/** Values of {@link GLOBAL_OPTIONS}. */
export type GlobalOptions = Values<typeof GLOBAL_OPTIONS>;

/** Values of {@link SERVE_OPTIONS}, and the global ones. */
export type ServeOptions = GlobalOptions & Values<typeof SERVE_OPTIONS>;

/** Values of {@link WRAP_OPTIONS}, and the global ones. */
export type WrapOptions = GlobalOptions & Values<typeof WRAP_OPTIONS>;

/** Options that `wrap` and `serve` share. */
export type GatewayCommandOptions = Pick<
  WrapOptions & ServeOptions,
  keyof WrapOptions & keyof ServeOptions
>;

/**
 * Reads the number of a port.
 *
 * @param option The option that gave it, for the message.
 * @returns Undefined when there is none.
 * @throws {UsageError} when it is no port.
 */
export function portOf(
  option: string,
  word: string | undefined,
  { min, max }: Range,
): number | undefined {
  if (word === undefined) return undefined;
  const port = /^\d{1,5}$/.test(word) ? Number(word) : NaN;
  if (port >= min && port <= max) return port;
  throw new UsageError(`${option} ${JSON.stringify(word)} is no port: ${min} to ${max}`);
}
