import assert from "node:assert/strict";
import { benignLines, plantedSecrets } from "../../bench/detectors/corpus.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { Redaction } from "../../src/redaction/redaction.ts";

const BENIGN = 2600, PLANTED = 440;

Deno.test("detectors leave honest work alone: no secret and at most two of pii in thousands of lines", async () => {
  using patterns = await loadPatterns();
  const lines = benignLines(BENIGN);
  assert.ok(new Set(lines).size > 2000);
  for (const [group, most] of [["secrets", 0], ["pii", 2]] as const) {
    const redaction = new Redaction(null, [group], "<*>", patterns);
    const found = lines.flatMap((line) => {
      const redacted = redaction.redact(line);
      return redacted === line ? [] : [`${line}  =>  ${redacted}`];
    });
    assert.ok(found.length <= most, `${group}: ${found.length}\n${found.join("\n")}`);
  }
});

Deno.test("detectors find at least 97 % of planted secrets, whatever stands around them", async () => {
  using patterns = await loadPatterns();
  const redaction = new Redaction(null, ["secrets"], "<*>", patterns);
  const planted = plantedSecrets(PLANTED);
  const missed = planted.filter(({ line, secret }) => redaction.redact(line).includes(secret));
  const recall = 1 - missed.length / planted.length;
  const words = missed.map(({ kind, line }) => `${kind}: ${line}`).join("\n");
  assert.ok(recall >= 0.97, `${(100 * recall).toFixed(1)} %\n${words}`);
});
