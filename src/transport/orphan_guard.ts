/**
 * The guard that outlives us: ends the server when this process is killed and cannot.
 *
 * @module
 */

/**
 * A shell that waits for a line, and then has nothing to do; or for the end of its input, which is
 * our end. Then it gives the group `$1` two seconds to end by itself, one after SIGTERM, and kills
 * it.
 */
const SCRIPT = `
read -r _ && exit
lives() { kill -s 0 -- "-$1" 2>/dev/null; }
wait_for() { i=0; while lives "$1" && [ $i -lt "$2" ]; do sleep 0.1; i=$((i + 1)); done; }
wait_for "$1" 20
lives "$1" && kill -s TERM -- "-$1"
wait_for "$1" 10
lives "$1" && kill -s KILL -- "-$1"
`;

const SHELL = "/bin/sh", LINE = new Uint8Array([0x0a]);
/** A watch over a process group from a small process of its own: no signal that ends us ends that. */
export class OrphanGuard {
  readonly #shell: Deno.ChildProcess | undefined;

  /**
   * Does nothing where there is no shell. Who has left the group is not found.
   *
   * @param pid The group's.
   */
  constructor(pid: number) {
    this.#shell = startShell(pid);
  }

  /** Ends the watch, as nobody of the group is left. Without it, the group ends with this process. */
  async release(): Promise<void> {
    const shell = this.#shell;
    if (shell === undefined) return;
    // It may have ended, though nobody asked it to.
    const input = shell.stdin.getWriter();
    await input.write(LINE).then(() => input.close()).catch(() => {});
    await shell.status;
  }
}

function startShell(pid: number): Deno.ChildProcess | undefined {
  // Nobody is to be asked for a permission in the middle of a session.
  const mayRun = Deno.permissions.querySync({ name: "run", command: SHELL }).state === "granted";
  if (Deno.build.os === "windows" || !mayRun) return undefined;
  try {
    return new Deno.Command(SHELL, {
      args: ["-c", SCRIPT, "agentgate-orphan-guard", String(pid)],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch {
    return undefined;
  }
}
