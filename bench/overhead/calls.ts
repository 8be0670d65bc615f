/**
 * The lines that a client sends: made once, only the id of a call is put in each time.
 *
 * @module
 */

const encoder = new TextEncoder();

/** What opens a session, with the id 1. */
export const INITIALIZE: Uint8Array<ArrayBuffer> = line({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "agentgate-bench", version: "1" },
  },
});

/** What says that it is open. */
export const INITIALIZED: Uint8Array<ArrayBuffer> = line({
  jsonrpc: "2.0",
  method: "notifications/initialized",
});

/** The id of the first call; up to nine times as many follow, all of seven digits. */
export const FIRST_ID = 1_000_000;

/** A `tools/call` of the tool `echo`, with an id that can be changed. */
export class CallLine {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the digits of the id begin. */
  readonly idAt: number;

  /** @param message The argument. */
  constructor(message: string) {
    const params = { name: "echo", arguments: { message } };
    this.bytes = line({ jsonrpc: "2.0", id: FIRST_ID, method: "tools/call", params });
    this.idAt = `{"jsonrpc":"2.0","id":`.length;
  }
}

/** Puts the digits of an id where a call has them. */
export function putId(bytes: Uint8Array, at: number, id: number): void {
  for (let place = at + 6; place >= at; place--) {
    bytes[place] = 48 + id % 10;
    id = Math.floor(id / 10);
  }
}

/** Prose in lines of 64 bytes, `length` bytes on the wire: a line break is two there. */
export function prose(length: number): string {
  const sentence = "It reads what comes, says what it saw, and hands on what it got.";
  const text = sentence.slice(0, 62) + "\n";
  const whole = Math.floor(length / 64);
  return text.repeat(whole) + sentence.slice(0, length - whole * 64);
}

function line(message: object): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(message) + "\n");
}
