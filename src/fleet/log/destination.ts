/**
 * Where records are shipped to, as the library for PostgreSQL wants to know it.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { reasonOf, UsageError } from "../../errors.ts";

/** What the configuration says. Plain data: it is posted to the thread. */
export interface Destination {
  /** `postgres://user:password@host:port/database`; holds a secret, so it is never shown. */
  readonly address: string;
  /** A file of certificates (PEM) to trust beside the system's. */
  readonly caFile: string | undefined;
}

/** Options of a connection. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** False where nothing is encrypted; else the certificate is verified. */
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
}

const DEFAULT_PORT = 5432;

/**
 * Reads an address. TLS is on, and its certificate verified, unless the engine is on this machine or
 * the address says `?sslmode=disable`; with any other `sslmode` it is on there, too.
 *
 * @throws {UsageError} when it lacks something, or the certificates cannot be read.
 */
export function connectionOptions({ address, caFile }: Destination): ConnectionOptions {
  const url = URL.parse(address);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "") {
    throw new UsageError(
      "the address of PostgreSQL must be like postgres://user:password@host/database",
    );
  }
  const user = decoded(url.username), database = decoded(url.pathname.slice(1));
  if (user === "") throw new UsageError("the address of PostgreSQL names no user");
  if (database === "") throw new UsageError("the address of PostgreSQL names no database");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1"), mode = url.searchParams.get("sslmode");
  const isEncrypted = mode === null ? !isThisMachine(host) : mode !== "disable";
  return {
    ...{ host, port: Number(url.port || DEFAULT_PORT), user, database },
    password: decoded(url.password),
    ssl: isEncrypted ? { rejectUnauthorized: true, ...authorities(caFile) } : false,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UsageError("a % in the address of PostgreSQL has to be written as %25");
  }
}

function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

function authorities(file: string | undefined): { readonly ca?: string } {
  if (file === undefined) return {};
  try {
    return { ca: readFileSync(file, "utf8") };
  } catch (fault) {
    throw new UsageError(`postgres_ca ${file} cannot be read: ${reasonOf(fault)}`);
  }
}
