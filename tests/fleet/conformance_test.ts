/** The official suite through two replicas without stickiness: check by check as it is directly. */

import assert from "node:assert/strict";
import { differences, suite } from "../conformance/suite.ts";
import { withEverything, withFolder } from "../e2e/remote.ts";
import { HAS_HAPROXY, withTwoReplicas } from "./haproxy.ts";

Deno.test({
  name: "the official suite's server checks are the same through two replicas that take turns",
  ignore: !HAS_HAPROXY,
  fn: () =>
    withFolder((folder) =>
      withEverything("streamableHttp", folder, async (upstream) => {
        const words = ["--requirements", "2025-11-25"];
        const direct = await suite(folder, "server", ["--url", upstream, ...words]);
        const balance = "balance roundrobin";
        await withTwoReplicas({ upstream, folder, balance }, async (origin) => {
          const through = await suite(folder, "server", ["--url", `${origin}/mcp`, ...words]);
          const check = "server-dns-rebinding-protection localhost-host-rebinding-rejected";
          assert.deepEqual(differences(direct, through), [
            `direct: ${check} FAILURE`,
            `through: ${check} SUCCESS`,
          ]);
        });
      })
    ),
});
