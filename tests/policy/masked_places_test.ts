import assert from "node:assert/strict";
import { maskedPlaces, MAX_MASKED_PLACES } from "../../src/policy/masked_places.ts";

Deno.test("maskedPlaces names what has changed, by JSON pointers", () => {
  const one = { a: { "b/c": [1, "x", { "~": "y" }] }, k: null };
  for (
    const [other, places] of [
      [one, []],
      [{ a: { "b/c": [1, "*", { "~": "*" }] }, k: null }, ["/a/b~1c/1", "/a/b~1c/2/~0"]],
      // A key that was masked is not told.
      [{ a: { "*": [1, "x", { "~": "y" }] }, k: null }, ["/a"]],
      [{ a: { "b/c": [1, "x"] }, k: null }, ["/a/b~1c"]],
      [{ a: { "b/c": { 0: 1, 1: "x", 2: {} } }, k: null }, ["/a/b~1c"]],
      [{ a: "*", k: {} }, ["/a", "/k"]],
      ["*", [""]],
    ] as const
  ) assert.deepEqual(maskedPlaces(one, structuredClone(other)), places);
});

Deno.test("maskedPlaces tells so many places, and of more that it may be any", () => {
  const list = (size: number, value: string) => Array.from({ length: size }, () => value);
  const places = (size: number) => maskedPlaces(list(size, "a"), list(size, "b"));
  assert.deepEqual(places(MAX_MASKED_PLACES).length, MAX_MASKED_PLACES);
  assert.deepEqual(places(MAX_MASKED_PLACES + 1), ["*"]);
});
