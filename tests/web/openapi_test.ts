import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { openApi } from "../../src/web/openapi.ts";
import { callAt, ended, NOW, startedCall } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

/** Requests for each operation. */
const RUNS = 60;

// deno-lint-ignore no-explicit-any
const { paths } = openApi() as any;

interface Schema {
  readonly enum?: string[];
  readonly type: string;
  readonly examples?: string[];
}

/** Values that a schema allows, and all kinds that it does not. */
function wordFor(
  schema: { enum?: string[]; type: string; examples?: string[] },
): fc.Arbitrary<string> {
  const fitting = schema.enum !== undefined
    ? fc.constantFrom(...schema.enum)
    : schema.type === "integer"
    ? fc.integer({ min: 0, max: 600 }).map(String)
    : fc.constantFrom("24h", "all", "denied", "bash", "fs", ...schema.examples ?? []);
  return fc.oneof(
    { weight: 3, arbitrary: fitting },
    fc.string({ maxLength: 30 }),
    fc.constantFrom(
      "",
      "-1",
      "1e999",
      "'; DROP TABLE tool_invocations; --",
      "%00",
      "\u0000",
      "💥",
      "NaN",
      "9".repeat(400),
      "a".repeat(3000),
      "2026-99-99",
      "0h",
      "\n",
      ">",
      "200\nms",
      "__proto__",
      "constructor",
    ),
  );
}

Deno.test("no request that can be made from the document gets a 500 or an undocumented answer", async () => {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_web_" });
  const policy = join(folder, "policy.toml");
  const text = '[[rules]]\nid = "no"\ntool = "bash"\naction = "deny"\n';
  await Deno.writeTextFile(policy, text);
  try {
    await withDashboard({ policyPaths: [policy] }, async ({ get, insert }) => {
      insert(callAt(NOW, "a"), ended(startedCall({ tool: "bash", policyHit: "no" }), "denied"));
      for (const [path, methods] of Object.entries(paths)) {
        // deno-lint-ignore no-explicit-any
        for (const [method, operation] of Object.entries(methods as any) as any) {
          const query = operation.parameters.filter((p: { in: string }) => p.in === "query");
          const record = fc.record(
            Object.fromEntries(
              query.map((p: { name: string; schema: Schema }) => [p.name, wordFor(p.schema)]),
            ),
            { requiredKeys: [] },
          );
          const body = fc.oneof(fc.constant(text), fc.string(), fc.constant(text.repeat(30_000)));
          const id = fc.oneof(fc.constant("a"), fc.string({ minLength: 1, maxLength: 20 }));
          await fc.assert(
            fc.asyncProperty(record, id, body, async (words, id, body) => {
              const search = new URLSearchParams(words as Record<string, string>);
              const address = path.replace("{id}", encodeURIComponent(id).replaceAll(".", "%2E"));
              const response = await get(`${address}?${search}`, {
                method: method.toUpperCase(),
                ...operation.requestBody === undefined ? {} : { body },
              });
              await response.body?.cancel();
              const told = `${method} ${address}?${search}: ${response.status}`;
              assert.ok(Object.hasOwn(operation.responses, response.status), told);
              const type = response.headers.get("content-type")?.split(";")[0];
              assert.ok(
                Object.hasOwn(operation.responses[response.status].content, type!),
                `${told} ${type}`,
              );
            }),
            { numRuns: RUNS },
          );
        }
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
