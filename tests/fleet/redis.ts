/** Redis from Debian, on loopback, in a folder of the test's own. */

import { freePort, withFolder } from "../e2e/remote.ts";

/** Whether it is installed. */
export const HAS_REDIS: boolean = await isInstalled("redis-server");

/** Whether a program of this name can be started. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["-v"], stdout: "null", stderr: "null" })
      .output()).code >= 0;
  } catch {
    return false;
  }
}

/** An engine that can be killed, paused and started again. */
export class Redis implements AsyncDisposable {
  #child: Deno.ChildProcess | undefined;

  constructor(readonly folder: string, readonly port: number, readonly options: string[]) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it; resolves when it takes connections. */
  async start(): Promise<void> {
    const own = this.options.includes("--port") ? [] : ["--port", String(this.port)];
    const child = this.#child = new Deno.Command("redis-server", {
      args: [...own, "--bind", "127.0.0.1", "--dir", this.folder, "--save", "", ...this.options],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    (async () => {
      let text = "";
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (text.includes("Ready to accept connections")) resolve();
      }
      reject(new Error(`redis-server ended: ${text}`));
    })();
    promise.catch(() => {});
    await promise;
  }

  /** Holds it still; `SIGCONT` lets it go on. */
  signal(name: Deno.Signal): void {
    this.#child!.kill(name);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    await child.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** Runs `use` with an engine that has started. */
export function withRedis(
  use: (redis: Redis, folder: string) => Promise<void>,
  ...options: string[]
): Promise<void> {
  return withFolder(async (folder) => {
    await using redis = new Redis(folder, freePort(), options);
    await redis.start();
    await use(redis, folder);
  });
}
