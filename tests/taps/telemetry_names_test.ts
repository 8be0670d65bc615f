import assert from "node:assert/strict";
import { attributesOf } from "../../src/taps/telemetry_names.ts";
import { ended, startedCall } from "../audit/support.ts";

const FACTS = { server: "files", sessionId: "s", transport: "stdio" } as const;

Deno.test("attributesOf says how the agent is reached", () => {
  const { record } = ended(startedCall());
  const over = (transport: "stdio" | "http") => {
    const attributes = attributesOf(record, { ...FACTS, transport });
    return [attributes["network.transport"], attributes["network.protocol.name"]];
  };
  assert.deepEqual(over("stdio"), ["pipe", undefined]);
  assert.deepEqual(over("http"), ["tcp", "http"]);
});

Deno.test("attributesOf names an error by the code that the server answered with", () => {
  const errorOf = (
    outcome: Parameters<typeof ended>[1],
    errorCode: number | null,
  ) => {
    const { record } = ended(startedCall({ errorCode }), outcome);
    const attributes = attributesOf(record, FACTS);
    return [attributes["error.type"], attributes["rpc.response.status_code"]];
  };
  assert.deepEqual(errorOf("ok", null), [undefined, undefined]);
  assert.deepEqual(errorOf("error", -32602), ["-32602", "-32602"]);
  assert.deepEqual(errorOf("error", 502), ["502", undefined]);
  assert.deepEqual(errorOf("error", NaN), ["error", undefined]);
  assert.deepEqual(errorOf("error", null), ["error", undefined]);
  assert.deepEqual(errorOf("tool_error", null), ["tool_error", undefined]);
  assert.deepEqual(errorOf("denied", null), ["denied", undefined]);
});
