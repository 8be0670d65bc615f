/** Facts of the machine that tests pass on to the processes they start. */

let cached: Promise<string> | undefined;

/** Deno's cache: a child with a home of its own must still find the packages. */
export function denoDir(): Promise<string> {
  return cached ??= (async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
  })();
}

/** The whole environment of a child: a home of its own, and what it needs to be run at all. */
export async function childEnv(home: string): Promise<Record<string, string>> {
  return {
    HOME: home,
    USERPROFILE: home,
    PATH: Deno.env.get("PATH") ?? "",
    DENO_DIR: await denoDir(),
    NO_COLOR: "1",
  };
}

/** Whether a process with this id runs; one that has ended and waits to be reaped does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const { success, stdout } =
    await (Deno.build.os === "linux"
      ? new Deno.Command("cat", { args: [`/proc/${pid}/stat`], stderr: "null" })
      : new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })).output();
  const text = new TextDecoder().decode(stdout).trim();
  const state = Deno.build.os === "linux" ? text.slice(text.lastIndexOf(")") + 2) : text;
  return success && state !== "" && !state.startsWith("Z");
}
