/**
 * Connections to an upstream, by TCP or TLS.
 *
 * @module
 */

/** Time for a connection to be made. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Where connections lead. */
export interface Destination {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Certificates (PEM) to trust beside the system's. */
  readonly ca?: readonly string[];
}

/**
 * Connects.
 *
 * @throws {Error} when nobody listens, in time, or whoever does cannot prove to be who is meant.
 */
export async function dial({ origin, ca = [] }: Destination): Promise<Deno.Conn> {
  const { protocol, hostname: host, port } = new URL(origin);
  const isTls = protocol === "https:", hostname = host.replace(/^\[|\]$/g, "");
  const address = { hostname, port: Number(port || (isTls ? 443 : 80)) };
  let connection: Deno.Conn | undefined, isLate = false;
  const late = new AbortController();
  const timer = setTimeout(() => {
    isLate = true;
    late.abort();
    connection?.close();
  }, CONNECT_TIMEOUT_MS);
  try {
    const plain = await Deno.connect({ ...address, signal: late.signal });
    connection = plain;
    plain.setNoDelay();
    if (!isTls) return plain;
    const alpnProtocols = ["http/1.1"];
    const secured = await Deno.startTls(plain, { hostname, caCerts: [...ca], alpnProtocols });
    connection = secured;
    await secured.handshake();
    return secured;
  } catch (fault) {
    if (isLate) throw new Deno.errors.TimedOut("no connection in time");
    close(connection);
    throw fault;
  } finally {
    clearTimeout(timer);
  }
}

/** Closes a connection, whoever has closed it before. */
export function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // It was closed.
  }
}
