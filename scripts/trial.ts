/**
 * What a packed program is tried with: a policy with a pattern, an agent's two lines, and a secret.
 *
 * @module
 */

/** Masks {@link SECRET}. */
export const POLICY = `[[rules]]
id = "no-tokens"
tool = "*"
action = "redact"
pattern = "secret-[0-9]+"
replacement = "[REDACTED]"
`;

/** What is called with, and must not come back. */
export const SECRET = "secret-123";

/** The agent's lines: it begins, and calls; their ids are 0 and 1. */
export const LINES: string = [
  {
    ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
    params: {
      ...{ protocolVersion: "2025-06-18", capabilities: {} },
      clientInfo: { name: "an-agent", version: "1" },
    },
  },
  {
    ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
    params: { name: "echo", arguments: { text: SECRET } },
  },
].map((message) => `${JSON.stringify(message)}\n`).join("");

/** What a program has come to. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with a text as its input. */
export async function runToEnd(
  program: string,
  options: Deno.CommandOptions,
  input = "",
): Promise<Ended> {
  const child = new Deno.Command(program, {
    ...{ ...options, stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program may end without reading it.
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Says what is wrong with what a wrap of a server that echoes has answered to {@link LINES}. */
export function faultOf({ code, stdout, stderr }: Ended): string | null {
  const lines = stdout.trim().split("\n");
  const isMasked = stdout.includes("[REDACTED]") && !stdout.includes(SECRET);
  if (code === 0 && lines.length === 2 && lines[1]!.includes('"id":1') && isMasked) return null;
  return `it ended with ${code}: ${stdout}${stderr}`;
}
