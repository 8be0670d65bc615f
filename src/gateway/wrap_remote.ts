/**
 * A wrap whose server is somewhere else: the line of stdio, and HTTP behind it.
 *
 * @module
 */

import { Target } from "../transport/http/target.ts";
import { RemoteServer } from "../transport/remote/remote_server.ts";
import { openUpstream } from "../transport/upstream/open.ts";
import type { RemoteWrapOptions } from "./options.ts";
import type { WrapLine } from "./wrap_line.ts";
import { runPortable, wrapPortable } from "./wrap_portable.ts";

/** Runs it; as `runRemoteWrap`. */
export async function wrapRemote(options: RemoteWrapOptions): Promise<number> {
  const target = new Target(options.upstream);
  return await wrapPortable(options, (line) => run(line, target, options));
}

async function run(
  line: WrapLine,
  target: Target,
  { headers, config, ...options }: RemoteWrapOptions,
): Promise<number> {
  const upstream = await openUpstream({ ...options, origin: target.origin });
  try {
    const server = new RemoteServer({
      upstream,
      path: target.endpoint,
      headers,
      maxBytes: config.maxMessageBytes,
    });
    return await runPortable(line, { upstream: target.shown }, server);
  } finally {
    await upstream.close();
  }
}
