/**
 * The address of Valkey or Redis.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";

/** @throws {UsageError} for what is no address of Valkey or Redis. */
export function checkAddress(address: string): void {
  const url = URL.parse(address);
  if (url !== null && ["redis:", "rediss:"].includes(url.protocol) && url.hostname !== "") return;
  throw new UsageError("[fleet] valkey must be redis://HOST:PORT, or rediss:// for TLS");
}

/** An address without what is secret in it. */
export function shownAddress(address: string): string {
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
