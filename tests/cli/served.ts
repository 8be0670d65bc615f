/** `agentgate dashboard` as its user starts it. */

import type { Home } from "./agentgate.ts";

/** Runs `use` while `agentgate dashboard` serves; gives the link that it has printed. */
export async function whileServed(
  home: Home,
  args: readonly string[],
  use: (link: URL, child: Deno.ChildProcess) => Promise<void>,
): Promise<void> {
  const child = home.spawn(["dashboard", ...args]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value = "" } = await reader.read();
    await use(new URL(value.trim()), child);
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await reader.cancel();
    await child.stderr.cancel();
  }
}
