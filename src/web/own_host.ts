/**
 * Names of this machine: any other in a Host header may have been made to lead here (DNS rebinding).
 *
 * @module
 */

const OWN_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/;

/** Whether a Host header names this machine. */
export function isOwnHost(host: string): boolean {
  return OWN_HOST.test(host);
}
