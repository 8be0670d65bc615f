/**
 * Choice of the transport of a wrap: the native one wherever it can run, unless somebody has
 * chosen.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { whyNoLibc } from "./native/libc.ts";

/** The transports. */
export const TRANSPORTS = Object.freeze(["native", "portable"] as const);

/** One of {@link TRANSPORTS}. */
export type TransportName = typeof TRANSPORTS[number];

/** The environment variable that chooses; the command line wins over it. */
export const TRANSPORT_VARIABLE = "AGENTGATE_TRANSPORT";

/** The transport that was chosen, and a few words why. */
export interface TransportChoice {
  readonly name: TransportName;
  readonly why: string;
}

/**
 * @param asked The value of `--transport`.
 * @param env The value of {@link TRANSPORT_VARIABLE}; empty for none.
 * @param whyNotNative Tells why the native one cannot run here; null when it can.
 * @throws {UsageError} when there is no such transport, or it cannot run here.
 */
export function chooseTransport(
  asked: string | undefined,
  env: string | undefined,
  whyNotNative: () => string | null = whyNotNativeHere,
): TransportChoice {
  const [word, source] = asked === undefined
    ? [env || undefined, TRANSPORT_VARIABLE]
    : [asked, "--transport"];
  if (word === undefined) {
    const reason = whyNotNative();
    if (reason === null) return { name: "native", why: "the fastest that runs here" };
    return { name: "portable", why: reason };
  }
  const name = TRANSPORTS.find((name) => name === word);
  if (name === undefined) {
    throw new UsageError(
      `there is no transport '${word}' (given with ${source}); there is ${
        TRANSPORTS.join(" and ")
      }`,
    );
  }
  const reason = name === "native" ? whyNotNative() : null;
  if (reason !== null) {
    throw new UsageError(
      `the native transport (asked for with ${source}) cannot run here: ${reason}. ` +
        "Use --transport portable, or leave the choice to AgentGate",
    );
  }
  return { name, why: `asked for with ${source}` };
}

function whyNotNativeHere(): string | null {
  // Without this, Deno would ask at the terminal, in the middle of the agent's conversation.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return "Deno was started without --allow-ffi";
  }
  return whyNoLibc();
}
