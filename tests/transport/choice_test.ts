import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { chooseTransport } from "../../src/transport/choice.ts";

const can = () => null, cannot = () => "there is no native relay for plan9";

Deno.test("chooseTransport takes the native transport wherever it can run, and says why not", () => {
  assert.equal(chooseTransport(undefined, undefined, can).name, "native");
  const { name, why } = chooseTransport(undefined, "", cannot);
  assert.deepEqual([name, why], ["portable", "there is no native relay for plan9"]);
});

Deno.test("chooseTransport obeys the option, and without one the environment", () => {
  assert.deepEqual(chooseTransport("portable", "native", can), {
    name: "portable",
    why: "asked for with --transport",
  });
  assert.deepEqual(chooseTransport(undefined, "portable", can), {
    name: "portable",
    why: "asked for with AGENTGATE_TRANSPORT",
  });
  assert.equal(chooseTransport("native", undefined, can).name, "native");
});

Deno.test("chooseTransport refuses what is not there or cannot run, and says what to do", () => {
  const refusal = (asked: string | undefined, env: string | undefined) => {
    try {
      chooseTransport(asked, env, cannot);
    } catch (fault) {
      assert.ok(fault instanceof UsageError);
      return fault.message;
    }
  };
  assert.match(
    refusal("turbo", undefined)!,
    /'turbo' \(given with --transport\).*native and portable/,
  );
  assert.match(refusal(undefined, "Native")!, /'Native' \(given with AGENTGATE_TRANSPORT\)/);
  assert.match(
    refusal("native", undefined)!,
    /cannot run here: there is no native.*--transport portable/,
  );
  assert.match(refusal("", undefined)!, /there is no transport ''/);
});
