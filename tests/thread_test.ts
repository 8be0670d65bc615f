import assert from "node:assert/strict";

/** Numbers of Linux's policies. */
const NORMAL = "0", BATCH = "3", IDLE = "5";

Deno.test({
  name: "a thread gives way by a policy of Linux, or by its niceness",
  ignore: Deno.build.os !== "linux",
  async fn() {
    assert.deepEqual(await afterGivingWay(), [NORMAL, "5"]);
    assert.deepEqual(await afterGivingWay("by_waking"), [BATCH, "5"]);
    assert.deepEqual(await afterGivingWay("to_others"), [NORMAL, "10"]);
    assert.deepEqual(await afterGivingWay("to_all"), [IDLE, "5"]);
  },
});

/** Policy and niceness of a thread of a process of niceness 5. */
async function afterGivingWay(how?: "by_waking" | "to_others" | "to_all"): Promise<string[]> {
  const thread = JSON.stringify(new URL("../src/thread.ts", import.meta.url).href);
  const script = `
    import { giveWay } from ${thread};
    ${how === undefined ? "" : `giveWay("${how}");`}
    const stat = Deno.readTextFileSync("/proc/thread-self/stat").split(") ").at(-1).split(" ");
    console.log(stat[38], stat[16]);`;
  const { stdout } = await new Deno.Command("nice", {
    args: ["-n", "5", Deno.execPath(), "eval", "--no-check", script],
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim().split(" ");
}
