/**
 * `agentgate wrap`: the gateway around one server, for an agent on stdio.
 *
 * @module
 */

import type { Environment } from "../config/home.ts";
import { UsageError } from "../errors.ts";
import type { WrapThreads } from "../gateway/wrap_threads.ts";
import { chooseTransport, TRANSPORT_VARIABLE } from "../transport/choice.ts";
import { gatewayConfig, withLog } from "./gateway_config.ts";
import type { WrapOptions } from "./options.ts";
import { serverNameOf } from "./server_name/server_name.ts";

/**
 * Runs the server until it or the agent ends.
 *
 * @param serverCommand The words after `--`, null when there is none.
 * @param threads Threads that are coming up already.
 * @returns The exit code: the server's.
 * @throws {UsageError} without a command, or for a config or a policy that does not load.
 */
export async function wrap(
  options: WrapOptions,
  serverCommand: readonly string[] | null,
  threads?: WrapThreads,
): Promise<number> {
  const env = Deno.env.toObject(), { upstream } = options;
  const command = upstream === undefined ? checkCommand(serverCommand) : null;
  const remote = upstream === undefined
    ? null
    : await remoteOf(upstream, options, serverCommand, env);
  const transport = chooseTransport(options.transport, Deno.env.get(TRANSPORT_VARIABLE));
  const config = await gatewayConfig(options, env);
  return await withLog(config, env, async (log) => {
    const { runRemoteWrap, runWrap } = await import("../gateway/wrap.ts");
    const named = options.name ?? config.serverName;
    if (remote !== null) {
      return await runRemoteWrap({ ...remote, config, log, serverName: named ?? remote.name });
    }
    const serverName = named ?? serverNameOf(command!);
    log.debug("transport", { name: transport.name, why: transport.why });
    const { name } = transport;
    return await runWrap({ config, log, serverName, command: command!, transport: name, threads });
  });
}

/** Reads what the options say of a remote server. */
async function remoteOf(
  upstream: string,
  { header = [], cert }: WrapOptions,
  serverCommand: readonly string[] | null,
  env: Environment,
) {
  if (serverCommand !== null && serverCommand.length > 0) {
    throw new UsageError("wrap takes a server's command or --upstream, not both");
  }
  const { caOf, hasProxy, headersOf, nameOf } = await import("./remote.ts");
  const ca = await caOf(cert);
  return {
    upstream,
    headers: headersOf(header, env),
    hasProxy: hasProxy(upstream, env),
    name: nameOf(upstream),
    ...(ca === undefined ? {} : { ca }),
  };
}

function checkCommand(serverCommand: readonly string[] | null): readonly [string, ...string[]] {
  const [program, ...words] = serverCommand ?? [];
  if (program !== undefined && program !== "") return [program, ...words];
  throw new UsageError(
    `wrap needs the server's command:

    agentgate wrap [options] -- <command> [arguments...]

What stands before "--" is for AgentGate, what follows it is the server's. For example:

    agentgate wrap -- npx some-mcp-server`,
  );
}
