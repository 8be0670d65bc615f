/**
 * The address of Valkey or Redis.
 *
 * @module
 */

/** An address without what is secret in it. */
export function shownAddress(address: string): string {
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
