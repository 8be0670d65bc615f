/**
 * A wrap whose server is somewhere else: the line of stdio, and HTTP behind it.
 *
 * @module
 */

import { Target } from "../transport/http/target.ts";
import { UndiciUpstream } from "../transport/http/undici_upstream.ts";
import { RemoteServer } from "../transport/remote/remote_server.ts";
import { PortableTransport } from "../transport/stdio/portable.ts";
import type { RemoteWrapOptions } from "./options.ts";
import { onSignals } from "./signals.ts";
import { WrapLine } from "./wrap_line.ts";

/** Runs it; as `runRemoteWrap`. */
export async function wrapRemote(options: RemoteWrapOptions): Promise<number> {
  const target = new Target(options.upstream);
  const line = await WrapLine.open(options);
  options.onOpen?.(() => Promise.resolve(line.gateway.readMeter()));
  using _signals = onSignals((signal) => line.stop(signal));
  return await line.closeAfter(run(line, target, options));
}

async function run(
  line: WrapLine,
  target: Target,
  { headers, config, ...options }: RemoteWrapOptions,
): Promise<number> {
  const upstream = new UndiciUpstream({ ...options, origin: target.origin });
  try {
    const server = new RemoteServer({
      upstream,
      path: target.endpoint,
      headers,
      maxBytes: config.maxMessageBytes,
    });
    line.gateway.policy?.watch();
    const agent = {
      read: (into: Uint8Array) => Deno.stdin.read(into),
      write: (bytes: Uint8Array) => Deno.stdout.write(bytes),
    };
    return await line.run(
      { upstream: target.shown },
      (given) => new PortableTransport({ ...given, agent, server }),
    );
  } finally {
    await upstream.close();
  }
}
