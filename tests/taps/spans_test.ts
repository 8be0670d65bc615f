import assert from "node:assert/strict";
import { CallSpans, SPAN_BOUNDS } from "../../src/taps/spans.ts";
import { ended, startedCall } from "../audit/support.ts";

Deno.test("CallSpans counts the calls of a burst that there is no room for", () => {
  let now = 0;
  const spans = new CallSpans("stdio", () => now), tap = spans.tapFor("files", "s");
  const end = (calls: number) => {
    for (let n = 0; n < calls; n++) tap({ type: "call_ended", ...ended(startedCall()) });
  };
  const { burst, perSecond } = SPAN_BOUNDS;
  end(burst);
  assert.equal(spans.dropped, 0);
  end(3);
  assert.equal(spans.dropped, 3);
  now += 1000;
  end(perSecond + 1);
  assert.equal(spans.dropped, 4);
});
