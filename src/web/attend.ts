/**
 * Waiting for the end of whoever serves the dashboard, on one connection that says nothing. By hand,
 * since a client for HTTP would be the largest part of what an idle gateway keeps.
 *
 * @module
 */

import { isProof, PROOF_HEADER, proofOf } from "./proof.ts";
import { DASHBOARD_HEADER, logMark } from "./gateways.ts";

/** Milliseconds that whoever has the port has for its first answer. */
const ANSWER_MS = 5000;
/** Bytes of an answer's head: ours are shorter. */
const MAX_HEAD_BYTES = 8192;

/** Options of {@link attend}. */
export interface AttendOptions {
  readonly port: number;
  readonly key: string;
  readonly dbPath: string;
  readonly serverName: string | null;
  /** `host/pid` of this process. */
  readonly gateway: string;
  readonly signal: AbortSignal;
  /** Called when it is a dashboard; with whether it shows the same audit log. */
  readonly onServed: (isSameLog: boolean) => void;
}

/**
 * What was found: a dashboard that has ended since, one with another key, or another program; or one
 * that hung up without a word, as a dashboard does that ends just then.
 */
export type Found = "ended" | "other_key" | "foreign" | "silent";

/** Waits for as long as a dashboard serves. */
export async function attend(options: AttendOptions): Promise<Found> {
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
  } catch {
    return "ended";
  }
  const close = () => closeQuietly(connection);
  options.signal.addEventListener("abort", close, { once: true });
  const timer = setTimeout(close, ANSWER_MS);
  try {
    const nonce = crypto.randomUUID();
    await connection.write(requestOf(options, nonce));
    const head = await readHead(connection);
    clearTimeout(timer);
    if (head === "") return "silent";
    const mark = new RegExp(`^${DASHBOARD_HEADER}: (\\w+)`, "im").exec(head)?.[1];
    if (mark === undefined) return "foreign";
    if (!/^HTTP\/1\.1 200/.test(head)) return "other_key";
    const proof = new RegExp(`^${PROOF_HEADER}: (\\w+)`, "im").exec(head)?.[1] ?? "";
    if (!isProof(proof, options.key, "dashboard", nonce)) return "foreign";
    options.onServed(mark === logMark(options.dbPath));
    const rest = new Uint8Array(64);
    while (await connection.read(rest) !== null);
    return "ended";
  } catch (fault) {
    // Whoever serves was killed; or did not answer in time, as a program does that speaks no HTTP.
    return fault instanceof Deno.errors.BadResource ? "foreign" : "ended";
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", close);
    close();
  }
}

/** Proves that this gateway has the key, and does not tell it. */
function requestOf({ port, key, gateway, serverName }: AttendOptions, nonce: string): Uint8Array {
  const proof = proofOf(key, "gateway", nonce);
  const query = new URLSearchParams({
    gateway,
    nonce,
    proof,
    ...serverName && { server: serverName },
  });
  return new TextEncoder().encode(
    `GET /api/gateways/attend?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  );
}

async function readHead(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder(), chunk = new Uint8Array(1024);
  let head = "";
  while (!head.includes("\r\n\r\n") && head.length < MAX_HEAD_BYTES) {
    const count = await connection.read(chunk);
    if (count === null) break;
    head += decoder.decode(chunk.subarray(0, count));
  }
  return head;
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
