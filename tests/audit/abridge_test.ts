import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { abridge } from "../../src/audit/abridge.ts";
import { storedText } from "../../src/audit/large_payload.ts";
import { dice } from "../transport/world.ts";

const DEED = "rm -rf /";
const ROOM = 64 * 1024;

const random = dice(7);
/** Text that never repeats itself. */
const noise = (length: number): string =>
  Array.from({ length: length / 8 }, () => random().toString(36).slice(2, 10)).join("");
const times = (count: number, make: (n: number) => unknown): unknown[] =>
  Array.from({ length: count }, (_, n) => make(n));
/** An object of many members, and the deed as a member or the value of one in their midst. */
const among = (count: number, make: (n: number) => [string, unknown], deed: [string, unknown]) =>
  Object.fromEntries(
    times(count, (n) => n === count >> 1 ? deed : make(n)) as [string, unknown][],
  );
const nested = (levels: number, value: unknown): unknown =>
  levels === 0 ? value : { inner: nested(levels - 1, value) };

const pad = "a".repeat(66_000), command = DEED;

/** Arguments that hide what they do, each in its way. */
const HIDING: Readonly<Record<string, unknown>> = {
  "behind padding": { pad, command },
  "before padding": { command, pad },
  "between two paddings": { before: noise(66_000), command, after: noise(66_000) },
  "behind padding in its own string": { command: `${pad}; ${DEED}` },
  "before padding in its own string": { command: `${DEED} #${noise(66_000)}` },
  "between paddings in its own string": { command: `${pad}${DEED}${pad}` },
  "between two noises in its own string": {
    command: `${noise(66_000)}; ${DEED}\n${noise(66_000)}`,
  },
  "between lines with numbers": {
    command: [...times(9999, (n) => `echo ${n}`), DEED, ...times(9999, (n) => `echo ${n}`)].join(
      "\n",
    ),
  },
  "between lines that repeat": {
    command: "echo 1 # 'é\\\n".repeat(9999) + DEED + ": a\n".repeat(99_999),
  },
  "between paddings of control characters": { command: `${"\0".repeat(66_000)}${DEED}\0\n\\"` },
  "between backslashes": { command: `${"\\".repeat(66_001)}${DEED}${'\\"'.repeat(66_001)}` },
  "between emoji": { command: `${"😀".repeat(30_000)}${DEED}${"😀".repeat(30_001)}` },
  "among many members": among(9000, (n) => [`k${n}`, "v".repeat(10)], ["command", DEED]),
  "among many members with noise": among(9000, (n) => [`k${n}`, noise(8)], ["command", DEED]),
  "among members with random names": among(9000, () => [noise(16), 1], ["command", DEED]),
  "among many elements": { args: [...times(30_000, (n) => n), DEED, ...times(30_000, (n) => n)] },
  "among many objects": {
    steps: [
      ...times(5000, (n) => ({ op: "noop", n })),
      { op: "exec", command },
      ...times(5000, (n) => ({ op: "noop", n })),
    ],
  },
  "deep down": nested(120, { pad, command }),
  "deep down, beside much on each level": {
    a: pad,
    b: { a: pad, b: { list: [pad, { command }] } },
  },
  "behind a long name": { [noise(66_000)]: 1, command },
  "behind a long number": [1, "x", { command }],
};

const texts = Object.entries(HIDING).map(([name, value]) => [name, JSON.stringify(value)] as const);
const number = '{"n":' + "9".repeat(66_000) + `,"command":"${DEED}"}`;
const blanks = `{"pad" : ${" ".repeat(66_000)} [ ], "command"\n:${"\t".repeat(66_000)}"${DEED}" }`;

for (
  const [name, text] of [...texts, ["behind a number", number], ["in blanks", blanks]] as const
) {
  Deno.test(`abridge shows a deed that hides ${name}`, () => {
    const short = abridge(text, ROOM);
    JSON.parse(short);
    assert.ok(short.length <= ROOM, `${short.length} characters`);
    assert.ok(short.includes(`${DEED}`), short.slice(0, 200));
  });
}

Deno.test("abridge leaves alone what fits, but for white space, and keeps numbers as they are", () => {
  const text = '{"a":[1e400,12345678901234567890,-0.10],"b":{"c":null,"d":"\\u00e9\\n"}}';
  assert.equal(abridge(text, text.length), text);
  assert.equal(abridge(` ${text.replaceAll(",", " ,\n ")} `, text.length), text);
  assert.equal(abridge("[ ]", 2), "[]");
});

Deno.test("abridge shares the room evenly, and says how much it has left out", () => {
  const text = JSON.stringify({ a: noise(4000), b: "short", c: noise(8000) });
  const { a, b, c } = JSON.parse(abridge(text, 1000));
  assert.equal(b, "short");
  assert.ok(Math.abs(a.length - c.length) < 10 && a.length > 450, `${a.length} and ${c.length}`);
  const left = /…\[(\d+) left out\]…/.exec(c);
  assert.equal(c.length - left![0].length + Number(left![1]), 8000);
  const list = JSON.parse(abridge(JSON.stringify(times(1000, (n) => `item ${n}`)), 500));
  assert.match(list.at(-1), /^… \d+ left out$/);
  assert.deepEqual([list[0], list.at(-2)], ["item 0", "item 999"]);
  const object = abridge(JSON.stringify(among(1000, (n) => [`key-${n}`, n], ["x", 1])), 500);
  assert.match(object, /^{"key-0":0,.*"x":1.*"key-999":999,"…":"\d+ members left out"}$/);
});

Deno.test("abridge makes JSON of any JSON, in the room that it has", () => {
  const texts = fc.string({
    unit: fc.constantFrom("a", "é", "😀", "\\", '"', "\0", "\n", " ", "0"),
  });
  const long = fc.tuple(texts, fc.nat({ max: 400 })).map(([text, count]) => text.repeat(count));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, long, fc.double(), fc.boolean(), tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 40 }),
    object: fc.dictionary(fc.oneof(long, fc.string()), tie("value"), { maxKeys: 40 }),
  }));
  fc.assert(
    fc.property(value, fc.integer({ min: 64, max: 4000 }), fc.nat(3), (value, room, indent) => {
      const text = JSON.stringify(value, null, indent), short = abridge(text, room);
      JSON.parse(short);
      assert.ok(short.length <= room, `${short.length} characters in a room of ${room}`);
      if (text.length <= room && indent === 0) assert.equal(short, text);
    }),
    { numRuns: 1000, seed: 1 },
  );
});

for (const [name, filler] of [["ASCII", "a-b "], ["wide characters", "読む😀"]]) {
  Deno.test(`storedText fits into its bytes, with ${name}`, () => {
    const value = times(4000, (n) => filler!.repeat(1 + n % 20) + random());
    const bytes = new TextEncoder().encode(JSON.stringify({ command, value }));
    for (const maxBytes of [1024, 65_536]) {
      const payload = { bytes, size: bytes.length, maxBytes, text: null };
      const text = storedText(payload), length = new TextEncoder().encode(text).length;
      assert.ok(length <= maxBytes && length > maxBytes * 0.7, `${length} of ${maxBytes} bytes`);
      const { abridged, ...facts } = JSON.parse(text);
      assert.equal(abridged.command, DEED);
      assert.deepEqual(facts, {
        _truncated: true,
        original_size_bytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      });
      assert.equal(payload.bytes, null);
      assert.equal(storedText(payload), text);
    }
  });
}

Deno.test("storedText of a payload whose bytes are gone tells its size", () => {
  const payload = { bytes: new Uint8Array(0), size: 70_000, maxBytes: 65_536, text: null };
  assert.equal(storedText(payload), '{"_truncated":true,"original_size_bytes":70000}');
});
