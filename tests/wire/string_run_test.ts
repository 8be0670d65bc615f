import assert from "node:assert/strict";
import fc from "fast-check";
import { PLAIN, StringRuns } from "../../src/wire/string_run.ts";

/** The same, character by character. */
function skipped(bytes: Uint8Array, i: number): { end: number; hasEscape: boolean } {
  for (let hasEscape = false;;) {
    const c = bytes[i];
    if (c === undefined) return { end: i, hasEscape };
    if (PLAIN[c] === 1) i++;
    else if (c === 0x5c && bytes[i + 1] !== undefined && isLetter(bytes[i + 1]!)) {
      hasEscape = true;
      i += 2;
    } else {
      const size = [2, 3, 4].find((size) =>
        c >= 0x80 && i + size <= bytes.length && isCharacter(bytes.subarray(i, i + size))
      );
      if (size === undefined) return { end: i, hasEscape };
      i += size;
    }
  }
}

const isLetter = (c: number) => '"\\/bfnrt'.includes(String.fromCharCode(c));

function isCharacter(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return [...text].length === 1;
  } catch {
    return false;
  }
}

function check(bytes: Uint8Array, i: number): void {
  const runs = new StringRuns(), end = runs.skip(bytes, i);
  assert.deepEqual({ end, hasEscape: runs.hasEscape }, skipped(bytes, i));
}

Deno.test("PLAIN is ASCII without controls, quote and backslash", () => {
  for (let c = 0; c < 256; c++) {
    const isPlain = c >= 0x20 && c < 0x80 && c !== 0x22 && c !== 0x5c;
    assert.equal(PLAIN[c], isPlain ? 1 : 0, `byte ${c}`);
  }
});

Deno.test("StringRuns looks at every byte, wherever it stands among sixteen", () => {
  for (let c = 0; c < 256; c++) {
    for (let place = 0; place < 36; place++) {
      for (const around of [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x6e, 0x7f, 0x80, 0xbf]) {
        const bytes = new Uint8Array(37).fill(0x61);
        bytes[place] = c;
        bytes.fill(around, place + 1, place + 3);
        check(bytes, 0);
      }
    }
  }
});

Deno.test("StringRuns knows every beginning of a character", () => {
  const edges = [0x00, 0x22, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let first = 0x80; first < 256; first++) {
    for (const second of edges) {
      for (const third of edges) {
        for (const fourth of first < 0xf0 ? [0x80] : edges) {
          check(Uint8Array.of(first, second, third, fourth, 0x61), 0);
        }
      }
    }
  }
});

Deno.test("StringRuns skips what is skipped character by character, across copies, in any view", () => {
  const part = fc.oneof(
    {
      weight: 60,
      arbitrary: fc.constantFrom("plain text, ", "x".repeat(50), "line\\n", "Всё", "統一"),
    },
    { weight: 20, arbitrary: fc.constantFrom("😀", "\\\\", "é", "a", '\\"', "\u{10ffff}") },
    { weight: 1, arbitrary: fc.constantFrom('"', "\\u0041", "\\", "\n", "\\x") },
  );
  const damage = fc.array(fc.tuple(fc.nat(8000), fc.nat(255)), { maxLength: 2 });
  const texts = fc.array(part, { maxLength: 2000, size: "max" });
  fc.assert(
    fc.property(texts, damage, fc.nat(20), fc.nat(9), (parts, damage, from, cut) => {
      const all = new TextEncoder().encode(parts.join(""));
      for (const [at, byte] of damage) if (at < all.length) all[at] = byte;
      check(all.subarray(from, Math.max(from, all.length - cut)), 0);
    }),
    { numRuns: 1000 },
  );
});
