/**
 * What is wrong with PostgreSQL, each in one sentence that says what to do.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import type { ConnectionOptions } from "./destination.ts";

/** A fault of our own that is one sentence already. */
export class FleetFault extends Error {
  override readonly name = "FleetFault";
}

/** The tables there are not those that this AgentGate writes to; null for none at all. */
export function oldSchema(version: number | null): FleetFault {
  const found = version === null
    ? "it has no tables of AgentGate yet"
    : `its tables are of an older AgentGate (schema ${version})`;
  return new FleetFault(`${found}; run \`agentgate fleet migrate\``);
}

/** A log is another login's: its records are closed to this one. */
export function otherLogin(source: string, login: string): FleetFault {
  return new FleetFault(
    `the records of this log are those of the user ${login}; log in as that one, or let an ` +
      `administrator set login in agentgate.sources where source is ${source}`,
  );
}

/** A database that cannot hold every text. */
export function wrongEncoding(database: string, encoding: string): FleetFault {
  return new FleetFault(
    `its database ${database} is in ${encoding}; make one in UTF8: createdb -E UTF8 -T template0`,
  );
}

/** Where something was tried, as far as it may be shown. */
type Place = Pick<ConnectionOptions, "host" | "port" | "user" | "database">;

/** Sentences by the codes of PostgreSQL and of the operating system. */
const BY_CODE: Readonly<Record<string, (place: Place) => string>> = Object.freeze({
  "28P01": ({ user }) => `it refuses the user ${user} or its password; correct the address`,
  "3D000": ({ database }) => `it has no database ${database}; create it, or correct the address`,
  "42501": ({ user, database }) =>
    `${user} may not write records in ${database}; make it a member of agentgate_shipper`,
  "53300": () => "it has no connection left; raise its max_connections",
  "53100": () => "its disk is full",
  "55P03": () => "somebody has locked its tables; see pg_locks there",
  "57014": () => "it takes too long to store records, and gives up",
  "57P03": () => "it is starting or stopping",
  "25006": () => "it is read-only, as a standby is; name the primary in the address",
  "ECONNREFUSED": ({ host, port }) => `nothing listens on ${host}:${port}`,
  "ENOTFOUND": ({ host }) => `there is no host ${host}`,
  "EAI_AGAIN": ({ host }) => `the name ${host} cannot be looked up now`,
  "ETIMEDOUT": ({ host, port }) => `${host}:${port} does not answer`,
  "EHOSTUNREACH": ({ host }) => `there is no way to ${host}`,
  "ENETUNREACH": ({ host }) => `there is no way to ${host}`,
});

/** What the library and TLS say without a code. */
const BY_WORDS: readonly (readonly [RegExp, (place: Place) => string])[] = Object.freeze([
  [
    /UnknownIssuer|self[- ]signed|unable to (get|verify)/i,
    ({ host }) => `the certificate of ${host} is signed by nobody trusted here; set postgres_ca`,
  ],
  [
    /NotValidForName|altnames|Hostname/i,
    ({ host }) => `the certificate there is not for ${host}; use the name that it was made for`,
  ],
  [
    /certificate.*(Expired|NotValidYet)/i,
    ({ host }) => `the certificate of ${host} is not valid now`,
  ],
  [/certificate|TLS/i, ({ host }) => `the certificate of ${host} cannot be verified`],
  [
    /does not support SSL/,
    ({ host }) => `${host} has no TLS; switch it on there, or add ?sslmode=disable to the address`,
  ],
  [
    /invalid response|Unknown authentication|RangeError|invalid array length/i,
    ({ host, port }) =>
      `what listens on ${host}:${port} is no PostgreSQL, or wants a login by other means than a password`,
  ],
  [/timeout/i, ({ host, port }) => `${host}:${port} does not answer`],
  [
    /terminated|closed|ended|not queryable/i,
    ({ host, port }) => `${host}:${port} has ended the connection`,
  ],
]);

/** One sentence, without a full stop; holds no password. */
export function faultWords(fault: unknown, place: Place): string {
  if (fault instanceof FleetFault) return fault.message;
  const code = (fault as { code?: unknown } | null)?.code;
  const said = typeof code === "string" ? BY_CODE[code] : undefined;
  if (said !== undefined) return said(place);
  const reason = reasonOf(fault).split("\n")[0]!;
  if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return `it says: ${reason} (${code})`;
  return BY_WORDS.find(([words]) => words.test(reason))?.[1](place) ?? reason;
}

/**
 * Codes of what passes by itself: PostgreSQL starts, stops or is told to end a connection, another
 * holds a lock, a day's table was dropped, or this machine slept.
 */
const PASSING: ReadonlySet<unknown> = new Set(
  ["57P01", "57P02", "57P03", "ECONNRESET", "EPIPE", "55P03", "40001", "40P01", "23514", "25P03"],
);

/** Whether it is likely to be over in a moment, as a restart of PostgreSQL is. */
export function mayPass(fault: unknown): boolean {
  const { code, message } = fault as { readonly code?: unknown; readonly message?: unknown };
  return PASSING.has(code) || message === "Connection terminated unexpectedly";
}
