/** Every test of the gateway runs on each transport. */

import { chooseTransport, type TransportName, TRANSPORTS } from "../../src/transport/choice.ts";

let current: TransportName | undefined;

/**
 * The options of `wrap` that ask for no dashboard, and for the transport of the test that runs now:
 * outside {@link gatewayTest}, whichever the program chooses.
 */
export function transportOptions(): string[] {
  return [...current === undefined ? [] : ["--transport", current], "--dashboard-port", "0"];
}

/** The transport of the test that runs now. */
export function transportNow(): TransportName {
  if (current === undefined) throw new Error("this is for what a gatewayTest runs");
  return current;
}

/** A test that is run once on each transport; a module's tests run one after the other. */
export function gatewayTest(
  name: string | { name: string; ignore?: boolean; fn: () => Promise<void> },
  fn?: () => Promise<void>,
): void {
  const test = typeof name === "string" ? { name, fn: fn! } : name;
  for (const transport of TRANSPORTS) {
    Deno.test({
      ...test,
      name: `${test.name} (${transport})`,
      ignore: test.ignore || !runsHere(transport),
      fn: async () => {
        current = transport;
        try {
          await test.fn();
        } finally {
          current = undefined;
        }
      },
    });
  }
}

function runsHere(transport: TransportName): boolean {
  return transport === "portable" || chooseTransport(undefined, undefined).name === transport;
}
