/**
 * Requests that schemathesis makes from the API's own document, where it is installed
 * (`pip install schemathesis`, as `.ci/run` does).
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { callAt, ended, startedCall } from "../audit/support.ts";
import { openApi } from "../../src/web/openapi.ts";
import { KEY, withDashboard } from "./harness.ts";
import { has } from "./programs.ts";

/** Requests of each kind for each operation. */
const EXAMPLES = "60";

/**
 * What is left out: a wrong key is answered ever more slowly, and some of what the document cannot say
 * is no valid request: a policy is more than a text, and `from` comes before `to`.
 */
const LEFT_OUT = "ignored_auth,positive_data_acceptance,negative_data_rejection";

const POLICY = `
[[rules]]
id = "no"
tool = "bash"
action = "deny"

[[rules]]
id = "maybe"
tool = "read_*"
action = "deny"
mode = "shadow"
`;

/** All but the document itself, which is asked for to begin with. */
const operations = Object.values(openApi().paths as Record<string, Record<string, unknown>>)
  .flatMap((methods) => Object.keys(methods)).length - 1;

Deno.test({
  name: "schemathesis finds no 500 and no answer that the document does not know",
  ignore: !has("schemathesis"),
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "agentgate_schemathesis_" });
    const policy = join(folder, "policy.toml");
    await Deno.writeTextFile(policy, POLICY);
    try {
      await withDashboard({ policyPaths: [policy] }, async ({ address, insert, reports }) => {
        const now = Date.now();
        insert(
          ...Array.from({ length: 400 }, (_, n) => callAt(now - n * 60_000)),
          ended(startedCall({ startedAt: now, tool: "bash", policyHit: "no" }), "denied"),
          ended(startedCall({ startedAt: now, shadowHits: ["maybe"] })),
          startedCall({ startedAt: now }),
        );
        const { code, stdout, stderr } = await new Deno.Command("schemathesis", {
          args: [
            ...["run", `${address}/api/openapi.json`, "-H", `Authorization: Bearer ${KEY}`],
            ...["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES],
            ...["--exclude-checks", LEFT_OUT, "--warnings", "off", "--no-color"],
          ],
          cwd: folder,
          env: { HOME: folder },
        }).output();
        const told = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
        assert.equal(code, 0, told);
        assert.match(told, new RegExp(`Tested: ${operations}\\b`));
        assert.deepEqual(reports, []);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
