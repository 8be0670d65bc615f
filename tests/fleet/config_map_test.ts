/** A policy that Kubernetes mounts: files behind links, all of which are swapped at one stroke. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort, withFolder } from "../e2e/remote.ts";
import { JSON_HEADERS } from "../gateway/http/fixture.ts";
import { withReplica } from "./haproxy.ts";

const rule = (tool: string) => `[[rules]]\nid = "no-${tool}"\ntool = "${tool}"\naction = "deny"\n`;

/** Mounts a version as the kubelet does: a folder of its own, and one link renamed over another. */
async function mount(folder: string, version: string, policy: string): Promise<void> {
  await Deno.mkdir(join(folder, version));
  await Deno.writeTextFile(join(folder, version, "policy.toml"), policy);
  await Deno.symlink(version, join(folder, "..data_tmp"));
  await Deno.rename(join(folder, "..data_tmp"), join(folder, "..data"));
}

Deno.test({
  name: "serve follows the links of a ConfigMap, and takes up its next version",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        async (request) => {
          const { id } = await request.json();
          return Response.json({ jsonrpc: "2.0", id, result: { content: [] } });
        },
      );
      const mounted = join(folder, "mounted"), port = freePort();
      await Deno.mkdir(mounted);
      await mount(mounted, "..2026_01", rule("first"));
      await Deno.symlink("..data/policy.toml", join(mounted, "policy.toml"));
      /** The rule that refuses a call; null where none does. */
      const refusing = async (tool: string): Promise<string | null> => {
        const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
          method: "POST",
          headers: JSON_HEADERS,
          body: JSON.stringify({
            ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
            params: { name: tool, arguments: {} },
          }),
        });
        return (await response.json()).error?.data.rule ?? null;
      };
      await withReplica({
        ...{ folder, port, name: "replica" },
        upstream: `http://127.0.0.1:${server.addr.port}/mcp`,
        config: `policy_path = "${join(mounted, "policy.toml")}"\n`,
      }, async () => {
        assert.deepEqual([await refusing("first"), await refusing("second")], ["no-first", null]);
        await mount(mounted, "..2026_02", rule("second"));
        while (await refusing("second") === null);
        assert.equal(await refusing("first"), null);
        await Deno.remove(join(mounted, "..2026_01"), { recursive: true });
        await mount(mounted, "..2026_03", rule("first"));
        while (await refusing("first") === null);
      });
    }),
});
