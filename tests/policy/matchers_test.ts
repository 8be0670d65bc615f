import assert from "node:assert/strict";
import { call, lines } from "../session/harness.ts";
import { rule, withPolicy } from "./harness.ts";

Deno.test({
  name: "a rule with path(…) catches every way out, and lets honest work through",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate_within_" }));
    try {
      await Deno.symlink("/etc", `${folder}/out`);
      const h = await withPolicy(
        rule("inside", {
          action: "deny",
          condition: `not path(arguments.path) within '${folder}'`,
        }),
      );
      let id = 0;
      const isDenied = (path: unknown) => {
        const { server, agent } = h.agent(call(++id, "read_file", { path }));
        if (server !== "") return false;
        assert.equal(lines(agent)[0].error.data.rule, "inside");
        return true;
      };
      for (const path of [`${folder}/a`, `${folder}/x/../a`, folder]) {
        assert.equal(isDenied(path), false);
      }
      for (
        const path of [
          `${folder}/../x`,
          `${folder}/out/passwd`,
          `${folder}/%2e%2e/x`,
          `${folder}/$HOME`,
          [`${folder}/a`, "/etc/passwd"],
          "~/.ssh/id_rsa",
          undefined,
        ]
      ) assert.equal(isDenied(path), true, String(path));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
