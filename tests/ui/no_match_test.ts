import assert from "node:assert/strict";
import { excludedBy, withoutEach, withoutWords } from "../../ui/models/no_match.ts";

const told = (calls: number | null, hasMore = false) =>
  withoutWords({ ...{ word: "", line: "" }, calls, hasMore });

Deno.test("withoutEach takes each word out, quoted ones whole", () => {
  assert.deepEqual(
    withoutEach('status:denied server:"my fs" "two words"').map(({ line }) => line),
    ['server:"my fs" "two words"', 'status:denied "two words"', 'status:denied server:"my fs"'],
  );
  assert.deepEqual(withoutEach("status:denied").map(({ line }) => line), [""]);
});

Deno.test("excludedBy asks once for each line, and puts first the word that excludes most", async () => {
  const asked: string[] = [];
  const found = await excludedBy("tool:a status:open tool:a", (line) => {
    asked.push(line);
    const calls = line.includes("status:open") ? 3 : 312;
    return Promise.resolve({ calls, hasMore: false });
  });
  assert.deepEqual(found.map(({ word, calls }) => [word, calls]), [
    ["status:open", 312],
    ["tool:a", 3],
    ["tool:a", 3],
  ]);
  assert.equal(asked.length, 3);
  asked.length = 0;
  await excludedBy("a a", (line) => {
    asked.push(line);
    return Promise.resolve({ calls: 0, hasMore: false });
  });
  assert.deepEqual(asked, ["a"]);
});

Deno.test("excludedBy asks for so many words, and offers the others", async () => {
  let asked = 0;
  const line = Array.from({ length: 20 }, (_, n) => `w${n}`).join(" ");
  const found = await excludedBy(line, () => {
    asked++;
    return Promise.resolve({ calls: 0, hasMore: false });
  });
  assert.deepEqual([asked, found.length, found.at(-1)!.calls], [8, 20, null]);
});

Deno.test("withoutWords says no more than is known", () => {
  assert.equal(told(312), "there are 312");
  assert.equal(told(1), "there is 1");
  assert.equal(told(500, true), "there are 500 or more");
  assert.equal(told(0), "there is none either");
  assert.equal(told(0, true), "none was found so far");
  assert.equal(told(null), "");
});
