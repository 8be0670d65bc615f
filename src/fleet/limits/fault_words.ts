/**
 * What is wrong with Valkey or Redis, each in one sentence that says what to do.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";

/** Where something was tried, as far as it may be shown. */
interface Place {
  readonly host: string;
  /** Empty where the address names none. */
  readonly user: string;
}

/** Sentences by the first word of what the engine says. */
const BY_FIRST_WORD: Readonly<Record<string, (place: Place) => string>> = Object.freeze({
  WRONGPASS: ({ user }) =>
    `it refuses ${user === "" ? "the" : `the user ${user} or its`} password; correct the address`,
  NOAUTH: () => "it wants a password; write it into the address: redis://user:password@host",
  NOPERM: ({ user }) =>
    `its user ${user || "default"} may not do what limits need; ` +
    "allow EVAL, EVALSHA, INFO, PING, SUBSCRIBE, PUBLISH and the keys with the prefix",
  READONLY: () => "it is read-only, as a replica is; name the primary in the address",
  LOADING: () => "it is starting",
  BUSY: () => "a script of somebody else's keeps it busy",
  MISCONF: () => "it takes no writes because it cannot save to its disk",
  OOM: () => "its memory is full; raise its maxmemory",
  MOVED: () => "it is a cluster; name an engine that is one process",
  CLUSTERDOWN: () => "it is a cluster; name an engine that is one process",
  CROSSSLOT: () => "it is a cluster; name an engine that is one process",
  NOPROTO: () => "it is too old; Valkey, or Redis from version 7, is needed",
});

/** Sentences by what the library, TLS and the system say. */
const BY_WORDS: readonly (readonly [RegExp, (place: Place) => string])[] = Object.freeze([
  [/refused/i, ({ host }) => `nothing listens on ${host}: the connection is refused`],
  [
    /ENOTFOUND|EAI_AGAIN|failed to lookup/i,
    ({ host }) => `the name of ${host} cannot be looked up`,
  ],
  [
    /UnknownIssuer|self[- ]signed|unable to (get|verify)/i,
    ({ host }) =>
      `the certificate of ${host} is signed by nobody trusted here; name the CA in DENO_CERT`,
  ],
  [
    /NotValidForName|altnames|Hostname/i,
    ({ host }) => `the certificate there is not for ${host}; use the name that it was made for`,
  ],
  [
    /certificate.*(Expired|NotValidYet)/i,
    ({ host }) => `the certificate of ${host} is not valid now`,
  ],
  [
    /unknown command|RESP type|wrong version|InvalidContentType|corrupt message/i,
    ({ host }) =>
      `what listens on ${host} is no Valkey or Redis, or one of rediss:// and redis:// is wrong`,
  ],
  [/timeout/i, ({ host }) => `${host} does not answer`],
  [/closed unexpectedly|ECONNRESET|EPIPE/i, ({ host }) => `${host} has ended the connection`],
]);

/** One sentence, without a full stop; holds no password. */
export function valkeyFaultWords(fault: unknown, address: string): string {
  const { host, username } = new URL(address), place = { host, user: username };
  const reason = reasonOf(fault instanceof AggregateError ? fault.errors[0] : fault).split(
    "\n",
  )[0]!;
  const words = BY_FIRST_WORD[reason.split(" ")[0]!] ??
    BY_WORDS.find(([expected]) => expected.test(reason))?.[1];
  return words?.(place) ?? reason;
}
