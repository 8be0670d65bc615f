import assert from "node:assert/strict";
import fc from "fast-check";
import { PLAIN, PlainRuns } from "../../src/wire/plain_run.ts";

/** The same, byte by byte. */
function endOf(bytes: Uint8Array, i: number): number {
  while (i < bytes.length && PLAIN[bytes[i]!] === 1) i++;
  return i;
}

Deno.test("PLAIN is ASCII without controls, quote and backslash", () => {
  for (let c = 0; c < 256; c++) {
    const isPlain = c >= 0x20 && c < 0x80 && c !== 0x22 && c !== 0x5c;
    assert.equal(PLAIN[c], isPlain ? 1 : 0, `byte ${c}`);
  }
});

Deno.test("PlainRuns.end stops at every byte that is not plain, wherever it stands in a word", () => {
  const runs = new PlainRuns();
  for (let c = 0; c < 256; c++) {
    for (let place = 0; place < 12; place++) {
      for (const around of [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f]) {
        const bytes = new Uint8Array(13).fill(around);
        bytes[place] = c;
        assert.equal(runs.end(bytes, 0), endOf(bytes, 0), `byte ${c} at ${place}`);
      }
    }
  }
});

Deno.test("PlainRuns.end is the same byte by byte, in any view of any buffer", () => {
  const byte = fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: 0x20, max: 0x7f }) },
    { weight: 1, arbitrary: fc.nat(255) },
  );
  const runs = new PlainRuns();
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 80 }), fc.nat(9), fc.nat(9), (all, from, cut) => {
      const bytes = Uint8Array.from(all).subarray(from, Math.max(from, all.length - cut));
      for (let i = 0; i <= bytes.length; i++) assert.equal(runs.end(bytes, i), endOf(bytes, i));
    }),
    { numRuns: 2000 },
  );
});
