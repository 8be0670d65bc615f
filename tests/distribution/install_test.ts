import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../scripts/pack_binary.ts";
import { runToEnd } from "../../scripts/trial.ts";
import { PROJECT } from "../e2e/gateway.ts";

const SHELLS = [["dash"], ["bash"], ["busybox", "sh"]] as const;

/** Where the script gets what it is tried with: releases as GitHub has them. */
class Releases implements AsyncDisposable {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const bytes = this.files.get(new URL(request.url).pathname);
      return bytes === undefined
        ? new Response("none", { status: 404 })
        : new Response(bytes as Uint8Array<ArrayBuffer>);
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  /** Puts a release there, and what its sums say. */
  async add(place: string, archive: Uint8Array<ArrayBuffer>, sum?: string): Promise<void> {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", archive)).toHex();
    this.files.set(`/${place}/${NAME}`, archive);
    const sums = `0000  something-else.tar.gz\n${sum ?? hash}  ${NAME}\n`;
    this.files.set(`/${place}/SHA256SUMS`, new TextEncoder().encode(sums));
  }
}

const NAME = `agentgate-${Deno.build.target}.tar.gz`;

/** An archive as releases have it, with a program that says this of itself. */
async function archiveOf(folder: string, script: string): Promise<Uint8Array<ArrayBuffer>> {
  const program = join(folder, "agentgate"), archive = join(folder, NAME);
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  await pack(program, "agentgate", archive);
  return await Deno.readFile(archive);
}

function isHere(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) =>
    existsSync(join(folder, program))
  );
}

for (const shell of SHELLS) {
  const ignore = Deno.build.os !== "linux" || !isHere(shell[0]);
  if (ignore) console.error(`${shell[0]} is not here: install.sh is not tried with it`);
  Deno.test({
    name: `install.sh installs what the sums say, and nothing else (${shell.join(" ")})`,
    ignore,
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "agentgate-install-" });
      try {
        await using releases = new Releases();
        const good = await archiveOf(folder, '#!/bin/sh\necho "agentgate 0.1.0"\n');
        const newer = await archiveOf(folder, '#!/bin/sh\necho "agentgate 0.2.0"\n');
        const broken = await archiveOf(folder, "#!/bin/sh\nexit 1\n");
        await releases.add("latest/download", good);
        await releases.add("download/v0.2.0", newer);
        await releases.add("download/v0.3.0", newer, "0".repeat(64));
        await releases.add("download/v0.4.0", broken);
        await releases.add("download/v0.5.0", newer);
        releases.files.set(`/download/v0.5.0/${NAME}`, newer.slice(0, newer.length - 20));
        const installed = join(folder, ".local/bin/agentgate");
        const run = async (script: string, env: Record<string, string> = {}) => {
          const { code, stdout, stderr } = await runToEnd(shell[0], {
            args: [...shell.slice(1), "-s"],
            clearEnv: true,
            env: {
              ...{ HOME: folder, TMPDIR: folder, PATH: Deno.env.get("PATH") ?? "" },
              AGENTGATE_RELEASES: releases.url,
              ...env,
            },
          }, script);
          return { code, text: stdout + stderr };
        };
        const versionOf = async () =>
          new TextDecoder().decode((await new Deno.Command(installed).output()).stdout).trim();
        const script = await Deno.readTextFile(join(PROJECT, "install.sh"));

        const cut = await run(script.slice(0, script.lastIndexOf("main")));
        assert.deepEqual([cut.code, existsSync(installed)], [0, false]);
        const first = await run(script);
        assert.equal(first.code, 0, first.text);
        assert.match(
          first.text,
          /installed agentgate 0\.1\.0 in .*\.local\/bin\nadd it to your PATH/,
        );
        for (
          const [version, reason] of [
            ["0.3.0", /is not what SHA256SUMS says; nothing was installed/],
            ["0.4.0", /does not run here; nothing was installed/],
            ["0.5.0", /is not what SHA256SUMS says; nothing was installed/],
            ["9.9.9", /is there a version 9\.9\.9\?/],
          ] as const
        ) {
          const refused = await run(script, { AGENTGATE_VERSION: version });
          assert.match(refused.text, reason);
          assert.deepEqual([refused.code, await versionOf()], [1, "agentgate 0.1.0"]);
        }
        const next = await run(script, { AGENTGATE_VERSION: "v0.2.0" });
        assert.equal(next.code, 0, next.text);
        assert.equal(await versionOf(), "agentgate 0.2.0");
        const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
        assert.deepEqual(names, [".local", "agentgate", NAME]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
