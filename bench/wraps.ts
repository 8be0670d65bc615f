/**
 * What wraps cost that run side by side, as an agent with many servers starts them: the time until the
 * last has answered its first call, memory of all when idle and after a load, and their calls.
 *
 * `deno task bench:wraps [--wraps 8] [--seconds 5] [--policy FILE]`. Needs /proc (Linux).
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { footprint } from "./processes.ts";
import { pause } from "./programs.ts";
import { callLine, echoServer, startWrap, storedCalls, type Wrapped } from "./wrapped.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    wraps: { type: "string", default: "8" },
    seconds: { type: "string", default: "5" },
    policy: { type: "string" },
  },
});
/** Calls of one wrap that are in flight together. */
const WINDOW = 16;
const LF = 10;

const folder = await Deno.makeTempDir({ prefix: "agentgate-wraps-" });
try {
  const options = values.policy === undefined ? [] : ["--policy", values.policy];
  const begun = performance.now();
  const wraps = Array.from({ length: Number(values.wraps) }, (_, n) => `${n}.db`)
    .map((db) => ({ db, wrap: startWrap({ folder, db, options, command: echoServer() }) }));
  await Promise.all(wraps.map(({ wrap }) => first(wrap)));
  report("until the last has answered its first call (ms)", performance.now() - begun);
  await pause(2000);
  reportMemory("idle", wraps);
  const loaded = performance.now(), until = loaded + Number(values.seconds) * 1000;
  const calls = await Promise.all(wraps.map(({ wrap }) => load(wrap, until)));
  const seconds = (performance.now() - loaded) / 1000;
  report("calls a second, all together", sum(calls, (count) => count) / seconds);
  reportMemory("after the load", wraps);
  await Promise.all(wraps.map(({ wrap }) => wrap.end()));
  const rows = sum(wraps, ({ db }) => storedCalls(join(folder, db), "outcome = 'ok'").rows);
  report("calls without a row", sum(calls, (count) => count + 1) - rows);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function first(wrap: Wrapped): Promise<void> {
  await wrap.send(callLine(0));
  await wrap.reader.read();
}

/** Keeps calls in flight until then, and waits for the last. Gives how many there were. */
async function load(wrap: Wrapped, until: number): Promise<number> {
  let sent = 0, answered = 0;
  const send = async (count: number) => {
    let text = "";
    for (const end = sent + count; sent < end;) text += callLine(++sent);
    await wrap.send(text);
  };
  await send(WINDOW);
  while (answered < sent) {
    const { value } = await wrap.reader.read();
    const came = value!.reduce((count, byte) => byte === LF ? count + 1 : count, 0);
    answered += came;
    if (performance.now() < until) await send(came);
  }
  return sent;
}

/** The binary is one, and in the memory of each. */
function reportMemory(when: string, wraps: readonly { readonly wrap: Wrapped }[]): void {
  const all = wraps.map(({ wrap }) => footprint(wrap.pid));
  report(`${when}: memory of all, the shared once (MB)`, sum(all, (one) => one.proportional));
  report(`${when}: resident memory, added up (MB)`, sum(all, (one) => one.resident));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function report(what: string, figure: number): void {
  console.log(`${what.padEnd(48)} ${Math.round(figure)}`);
}
