import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_DEPTH, Scanner } from "../../src/wire/scan.ts";
import { ValueRuns } from "../../src/wire/value_run.ts";

const encoder = new TextEncoder();

/** What stands before and behind a text in memory. */
const BEFORE = encoder.encode('[{"'), BEHIND = encoder.encode('\n"}]}1,"a":0');

/** All that a scanner says of a text. */
function read(scanner: Scanner, text: Uint8Array, isMultiline: boolean) {
  const start = BEFORE.length, bytes = new Uint8Array(start + text.length + BEHIND.length);
  bytes.set(BEFORE);
  bytes.set(text, start);
  bytes.set(BEHIND, start + text.length);
  const error = scanner.scan(bytes, start, start + text.length, isMultiline);
  if (error !== undefined) return { error };
  const { loneSurrogateAt, elements } = scanner;
  const members = Array.from({ length: elements.at(-1)?.to ?? 0 }, (_, index) => ({
    ...{ key: scanner.key(index), level: scanner.level(index) },
    ...{ start: scanner.valueStart(index), end: scanner.valueEnd(index) },
  }));
  return { loneSurrogateAt, elements: [...elements], members };
}

const bytewise = new Scanner(Infinity), others = [new Scanner(0), new Scanner()];

/** Reads a text in all ways. Whether it was taken. */
function check(text: string | Uint8Array, isMultiline = false): boolean {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const wanted = read(bytewise, bytes, isMultiline);
  for (const scanner of others) {
    assert.deepEqual(read(scanner, bytes, isMultiline), wanted, new TextDecoder().decode(bytes));
  }
  return wanted.error === undefined;
}

/** Where a value ends that is skipped at once; −1 when it is not. */
function skipped(value: string, levels = MAX_DEPTH - 2): number {
  const bytes = encoder.encode(value);
  return new ValueRuns().skip(bytes, 0, bytes.length, levels, false);
}

const around = (value: string) => `{"a":{"b":${value},"c":[${value}]},"d":${value}}`;

Deno.test("lists and objects that have all there is in JSON are skipped at once", () => {
  for (
    const value of [
      "[]",
      "{}",
      "[ 1 , -0.5e+7,0, 10E2 ]",
      '[true,false,null,"",{"a":{"a":[{"a":0}]}}]',
      `[${'{"id":1,"name":"x"},'.repeat(100)}{"id":1}]`,
      `["${"long text ".repeat(100)}", "a\\n\\"\\\\\\/\\u00e9", "日本語\\ud83d\\ude00😀"]`,
      `{${Array.from({ length: 64 }, (_, i) => `"key of the object ${i}":${i}`).join()}}`,
      `{"é":1,"ee":2,"${"k".repeat(40)}1":3,"${"k".repeat(40)}2":4}`,
    ]
  ) {
    assert.equal(skipped(value), encoder.encode(value).length, value);
    assert.equal(check(around(value)), true, value);
  }
});

Deno.test("what is wrong, or too much, is left to the scanner", () => {
  for (
    const value of [
      '{"a":1,"b":2,"a":3}',
      '[{"a":1,"b":2},{"a":1,"b":2,"a":3}]',
      '[{"a":1,"b":2},{"b":1,"a":2,"b":3}]',
      '[{"a":1,"b":2},{"a":1,"c":{"a":2},"a":3}]',
      '[{"a":1},{"b":1,"c":2,"b":3}]',
      '[{"ab":1,"cd":2},{"a":1,"cd":2,"a":3}]',
      '[{"a":1,"b":2},{"a":1,"b\\u0061":2}]',
      '{"a":1,"\\u0061":2}',
      '{"é/":1,"é\\/":2}',
      '["\\ud800"]',
      '["\\ude00\\ud83d"]',
      '["\\ude00\\ude00"]',
      '["\\ud83d\\u0041"]',
      '["\\u12g4"]',
      '["\\x"]',
      '["\n"]',
      "[01]",
      "[1.]",
      "[.5]",
      "[-]",
      "[1e]",
      "[tru]",
      "[falsy]",
      "[1,]",
      "[,1]",
      "[1 2]",
      '{"a":1,}',
      '{"a" 1}',
      "{a:1}",
      "[1}",
      '{"a":1]',
      "[\n1]",
      "[[1]",
      '["',
      '["abc',
    ]
  ) {
    assert.equal(skipped(value), -1, value);
    check(around(value));
    check(around(value), true);
  }
  const deep = "[".repeat(40) + "]".repeat(40);
  assert.equal(skipped(deep), -1);
  assert.equal(check(around(deep)), true);
  assert.equal(skipped("[[]]", 1), -1);
  const many = `{${Array.from({ length: 65 }, (_, i) => `"${i}":${i}`).join()}}`;
  assert.equal(skipped(many), -1);
  assert.equal(check(around(many)), true);
});

Deno.test("levels are counted from the message on, however they are read", () => {
  for (const levels of [MAX_DEPTH - 2, MAX_DEPTH - 1]) {
    const wrap = (value: string) => `{"a":{"b":${value}}}`;
    const text = wrap("[".repeat(levels) + "]".repeat(levels));
    assert.equal(check(text), levels === MAX_DEPTH - 2);
  }
});

Deno.test("every value is read as byte by byte, wherever it is cut or damaged", () => {
  const blank = fc.constantFrom("", "", "", "", " ", "\t", "\n", "\r");
  const inside = fc.array(
    fc.constantFrom(
      "a",
      "é",
      "日",
      "😀",
      "\\n",
      '\\"',
      "\\u0061",
      "\\ud83d\\ude00",
      "\\ud83d",
      " ",
    ),
    { maxLength: 20 },
  ).map((parts) => parts.join(""));
  const string = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "name", "the name of a longer key") },
    { weight: 1, arbitrary: inside },
  ).map((text) => `"${text}"`);
  const scalar = fc.oneof(
    string,
    fc.constantFrom("0", "-1", "12.5", "1e5", "true", "false", "null", "1E-9", "tru", "01", "-"),
  );
  const { value } = fc.letrec<{ value: string }>((tie) => {
    const spaced = fc.tuple(blank, tie("value"), blank).map((parts) => parts.join(""));
    const member = fc.tuple(blank, string, blank, spaced)
      .map(([before, key, behind, value]) => `${before}${key}${behind}:${value}`);
    return {
      value: fc.oneof(
        { depthSize: "medium", withCrossShrink: true },
        scalar,
        fc.tuple(blank, fc.array(spaced, { maxLength: 6 }))
          .map(([blank, parts]) => `[${blank}${parts.join()}]`),
        fc.tuple(blank, fc.uniqueArray(member, { maxLength: 6, selector: keyOf }))
          .map(([blank, parts]) => `{${blank}${parts.join()}}`),
        fc.tuple(member, member, fc.nat(4))
          .map(([one, other, times]) => `[${`{${one},${other}},`.repeat(times)}{${one}}]`),
      ),
    };
  });
  const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 2 });
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 4 }),
      damage,
      fc.nat(9),
      fc.boolean(),
      (...[values, damage, cut, isMultiline]) => {
        const members = values.map((value, index) => `"${index}":${value}`).join();
        const texts = [`{"a":{${members}},"b":[${values}]}`, `[{"a":{${members}}},{"b":{}}]`];
        for (const text of texts) {
          const bytes = encoder.encode(text);
          if (check(bytes, isMultiline)) taken++;
          for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte;
          if (check(bytes.subarray(0, bytes.length - cut), isMultiline)) taken++;
        }
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(taken > 500, `${taken} texts were taken`);
});

const keyOf = (member: string) => member.slice(0, member.indexOf(":")).trim();

Deno.test("a line is skipped in parts, when it is larger than what is copied of it", () => {
  const record = '{"id":1,"text":"' + "x".repeat(1000) + '"}';
  const records = (count: number) => `[${Array<string>(count).fill(record).join()}]`;
  const fits = records(1000), tooLarge = records(5000);
  assert.equal(check(`{"a":{"b":${fits},"c":${fits},"d":${fits},"e":${fits},"f":${fits}}}`), true);
  assert.equal(check(`{"a":{"b":${fits},"c":${tooLarge},"d":${fits}},"e":${tooLarge}}`), true);
  assert.equal(check(`{"a":{"b":${fits},"c":${tooLarge},"d":${fits}]}`), false);
});
