/** The pattern engine: linear time, Rust's dialect, offsets in UTF-16 code units. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { RRegex } from "rregex";
import { loadPatterns, PatternSet } from "../../src/patterns/pattern.ts";
import { PATTERN_BOUNDS, ScanTimeout } from "../../src/patterns/scan_budget.ts";
import { found, pattern, shared } from "./harness.ts";

/** What the engine itself finds in the whole text at once. */
function foundAtOnce(source: string, text: string): string[] {
  const regex = new RRegex(source);
  try {
    return regex.findAll(text).map(({ value }) => value);
  } finally {
    regex.free();
  }
}

Deno.test("RustPattern test searches unanchored, in Rust's dialect", () => {
  assert.equal(pattern("rm\\s+-rf").test("sudo rm  -rf /"), true);
  assert.equal(pattern("^rm").test("sudo rm"), false);
  assert.equal(pattern("(?i)DROP").test("drop table"), true);
  assert.equal(pattern("\\p{Greek}").test("λ"), true);
  assert.equal(pattern("^$").test(""), true);
});

Deno.test("RustPattern sees a lone surrogate as U+FFFD", () => {
  assert.equal(pattern("\\x{FFFD}").test("a\ud800b"), true);
  assert.deepEqual(pattern("b").findAll("a\ud800b\udc00b"), [{ start: 2, end: 3 }, {
    start: 4,
    end: 5,
  }]);
  assert.equal(pattern("b").replaceAll("a\ud800b", "x"), "a\ud800x");
  assert.equal(pattern("(b)").replaceAll("a\ud800b", "$1$1"), "a\ud800bb");
  assert.equal(pattern("(.)b").replaceAll("a\ud800b", "$1"), "a\ufffd");
  assert.equal(pattern("c").replaceAll("a\ud800b", "$0"), "a\ud800b");
});

Deno.test("RustPattern findAll gives offsets in UTF-16 code units", () => {
  const text = "日本bb é🎉b\ud800b";
  assert.deepEqual(pattern("b+").findAll(text), [
    { start: 2, end: 4 },
    { start: 8, end: 9 },
    { start: 10, end: 11 },
  ]);
  assert.deepEqual(found("\\b\\w+", "ab 日本, é"), ["ab", "日本", "é"]);
  assert.deepEqual(pattern("x*").findAll("axb"), [
    { start: 0, end: 0 },
    { start: 1, end: 2 },
    { start: 3, end: 3 },
  ]);
  assert.deepEqual(pattern("").findAll(""), [{ start: 0, end: 0 }]);
});

Deno.test("RustPattern replaceAll knows numbered and named groups", () => {
  assert.equal(
    pattern("(\\w+)@(?P<host>\\w+)").replaceAll("a@b, c@d", "<$1 ${host} $$>"),
    "<a b $>, <c d $>",
  );
  assert.equal(pattern("a").replaceAll("banana", "[x]"), "b[x]n[x]n[x]");
  assert.equal(pattern("a(b)").replaceAll("ab", "$1x-${1}x"), "-bx", "$1x is a group of that name");
  const untouched = "nothing here";
  assert.equal(pattern("z").replaceAll(untouched, "y"), untouched);
});

/** Patterns that take in different kinds of gaps, look around, or can be empty. */
const SOURCES = [
  "[a-c]+",
  "\\w+@\\w+",
  "\\bab\\b",
  "a[^b]*b",
  "a\\sb",
  "(?s)a.*?c",
  "a.c",
  "^a",
  "(?m)^a.*$",
  "c$",
  "x*",
  "\\b",
  "a|b c|",
  "[^a]{3}",
  "(?-u:\\b)a",
  "日+|é",
];

Deno.test("RustPattern findAll finds in pieces what is found at once", () => {
  const unit = fc.constantFrom(
    "a",
    "b",
    "c",
    "@",
    " ",
    "\n",
    "\r\n",
    '"',
    ",",
    "日",
    "é",
    "🎉",
    "\ud800",
  );
  const long = fc.tuple(
    fc.array(unit, { minLength: 1, maxLength: 12 }),
    fc.array(unit, { maxLength: 40 }),
  )
    .map(([seed, tail]) => {
      const block = seed.join("");
      return (block.repeat(Math.ceil(6000 / block.length)) + tail.join("")).toWellFormed();
    });
  fc.assert(
    fc.property(fc.constantFrom(...SOURCES), long, (source, text) => {
      assert.deepEqual(found(source, text), foundAtOnce(source, text), source);
    }),
    { numRuns: 150 },
  );
});

Deno.test("RustPattern replaceAll fills in groups of a long text as of a short one", () => {
  const blocks = ["ab 日🎉ab\n", "a@b, c@d; ", "abab", "x a\ud800b "];
  const sources = [
    "(a)(b)?",
    "(\\w)@(\\w)",
    "\\b(a)",
    "(b)\\b",
    "(?m)^(.)",
    "()x*",
    "(b)$",
    "(?s)(.).?$",
    "(a+)+",
  ];
  for (const source of sources) {
    for (const block of blocks) {
      const text = block.repeat(Math.ceil(5000 / block.length)).toWellFormed();
      const regex = new RRegex(source);
      const expected = regex.replaceAll(text, "<$1|$0|$2$$>");
      regex.free();
      assert.equal(
        pattern(source).replaceAll(text, "<$1|$0|$2$$>"),
        expected,
        `${source} ${block}`,
      );
    }
  }
});

Deno.test("RustPattern replaceAll fills in groups as Rust does, whatever stands around the match", () => {
  const sources = [
    "(a)(b)?",
    "(?:^|b)(a)",
    "(?P<x>a)|(?P<y>b)",
    "^(a)|(a)",
    "(ab)$|(a)",
    "\\b(a)|(a)\\b|(a)",
    "(?m)^(b)$|(.)",
    "()",
    "(?x) (a) # one",
    "(?i)(A)(?-i)(b)?",
    "(日|é)(\\w)?",
    "(a*)(b*)",
  ];
  const replacements = [
    "$1",
    "<$1|$2>",
    "${x}${y}-$x",
    "$1x",
    "${1}x",
    "$$1",
    "$",
    "${",
    "${}",
    "$-$3",
    "$00",
    "${0}$0",
    "a$",
    "$$$1",
    "${nope}",
    "$1$1$1$1",
  ];
  const unit = fc.constantFrom("a", "b", "A", " ", "\n", "日", "é", "🎉");
  fc.assert(
    fc.property(
      fc.constantFrom(...sources),
      fc.constantFrom(...replacements),
      fc.array(unit, { maxLength: 12 }).map((units) => units.join("")),
      (source, replacement, text) => {
        const regex = new RRegex(source);
        try {
          const expected = regex.replaceAll(text, replacement);
          assert.equal(pattern(source).replaceAll(text, replacement), expected);
        } finally {
          regex.free();
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("RustPattern findAll is the same at the length of a piece and past it", () => {
  const n = PATTERN_BOUNDS.pieceChars;
  for (const length of [n - 1, n, n + 1, n + 2, 2 * n, 2 * n + 1]) {
    for (const source of ["ab", "[ab]+", "a|\\bb", "b$"]) {
      for (const block of ["ab", "ab ", "aab\n"]) {
        const text = block.repeat(length).slice(0, length);
        assert.deepEqual(found(source, text), foundAtOnce(source, text), `${source} ${length}`);
      }
    }
  }
});

const BROKEN: readonly [source: string, offset: number, length: number, message: RegExp][] = [
  ["(a", 0, 1, /^unclosed group$/],
  ["日🎉本(x", 4, 1, /^unclosed group$/],
  ["a\nb(", 3, 1, /^unclosed group$/],
  ["(?x)\n\n 🎉 ( ", 10, 1, /^unclosed group$/],
  ["1: (", 3, 1, /^unclosed group$/],
  ["a{2,1}", 1, 5, /^invalid repetition/],
  ["a(?=b)", 1, 3, /^look-around/],
  ["\\1", 0, 2, /^backreferences/],
  ["(?P<x>a)(?P<x>b)", 12, 1, /^duplicate capture group name/],
  ["a{1000}{1000}{100}", 0, 18, /size limit of 10485760 bytes$/],
];

for (const [source, offset, length, message] of BROKEN) {
  Deno.test(`Patterns compile says what is wrong with ${JSON.stringify(source)}, and where`, () => {
    const error = shared.compile(source);
    assert.ok("message" in error);
    assert.deepEqual({ offset: error.offset, length: error.length }, { offset, length });
    assert.match(error.message, message);
  });
}

Deno.test("PatternSet tests its patterns in one pass", () => {
  const set = shared.compileSet(["a+", "^b", "\\d"]);
  assert.ok(set instanceof PatternSet);
  for (const text of ["xa", "bx", "x1", "日1", "x".repeat(1000) + "1"]) {
    assert.equal(set.test(text), true, text);
  }
  for (const text of ["c", "xb", "日", ""]) assert.equal(set.test(text), false, text);
  assert.ok("message" in shared.compileSet(["(", "a"]));
});

Deno.test("RustPattern takes linear time where a backtracking engine hangs", () => {
  const text = "x".repeat(5000), evil = pattern("(x+x+)+y");
  evil.test(text);
  const started = performance.now();
  assert.equal(evil.test(text), false);
  assert.ok(performance.now() - started < 50);
});

Deno.test("RustPattern ends a scan that takes too long, match by match and piece by piece", async () => {
  using patterns = await loadPatterns();
  const asked: [source: string, text: string][] = [
    [".*[^A-Z]|[A-Z]", "A".repeat(50_000)],
    [".*[^A-Z\\n]|[A-Z]", `${"A".repeat(4000)}\n`.repeat(200)],
  ];
  for (const [source, text] of asked) {
    const quadratic = pattern(source, patterns);
    patterns.startScan({ maxScanWork: 20_000_000, maxScanMs: 60_000 });
    const started = performance.now();
    assert.throws(() => quadratic.findAll(text), ScanTimeout);
    assert.throws(() => quadratic.replaceAll(text, "$0"), ScanTimeout);
    assert.ok(performance.now() - started < 2000);
  }
});

Deno.test("RustPattern counts the same work for the same text, however slow the machine", async () => {
  let now = 0;
  using patterns = await loadPatterns(() => now += 1000);
  const one = pattern("[0-9]{16}", patterns), text = "1234567890123456\n".repeat(2000);
  const isEnough = (maxScanWork: number) => {
    patterns.startScan({ maxScanWork, maxScanMs: Infinity });
    try {
      one.findAll(text);
      return true;
    } catch (fault) {
      assert.match(String(fault), /characters × patterns to search \(\[policy\] max_scan_work\)/);
      return false;
    }
  };
  // The least that is enough is found by halves, and stays what it is.
  let low = 0, high = 1e9;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  assert.ok(high > text.length && high < 1000 * text.length, String(high));
  for (let i = 0; i < 5; i++) assert.deepEqual([isEnough(high), isEnough(low)], [true, false]);
});

Deno.test("RustPattern reads the clock after its bound of text, and not before", async () => {
  let now = 0, reads = 0;
  using patterns = await loadPatterns(() => (reads++, now));
  const one = pattern("a", patterns);
  const { uncheckedChars, callChars } = PATTERN_BOUNDS;
  patterns.startScan({ maxScanWork: 1e9, maxScanMs: 10 });
  now = 11;
  one.test("x".repeat(uncheckedChars - callChars - 1));
  assert.equal(reads, 1, "only at the start");
  patterns.startScan({ maxScanWork: 1e9, maxScanMs: 10 });
  now = 22;
  assert.throws(() => one.test("x".repeat(uncheckedChars - callChars)), ScanTimeout);
  patterns.startScan({ maxScanWork: 1e9, maxScanMs: 10 });
  now = 33;
  assert.throws(
    () => {
      for (let calls = 0; calls <= uncheckedChars / callChars; calls++) one.test("");
    },
    ScanTimeout,
    "many small texts",
  );
  patterns.endScan();
  one.test("x".repeat(uncheckedChars));
});

Deno.test("Patterns gives back all it compiled", async () => {
  const patterns = await loadPatterns();
  const one = pattern("a", patterns), set = patterns.compileSet(["a"]);
  patterns[Symbol.dispose]();
  assert.throws(() => one.test("a"));
  assert.throws(() => set instanceof PatternSet && set.test("a"));
  patterns[Symbol.dispose]();
});

/** Bytes of the engine's memory; it never shrinks. */
async function engineBytes(): Promise<number> {
  const engine = await import("rregex") as unknown as { __wasm: { memory: WebAssembly.Memory } };
  return engine.__wasm.memory.buffer.byteLength;
}

Deno.test("RustPattern keeps no memory of the texts it was asked about", async () => {
  const one = pattern("a+b|日+本"),
    grouped = pattern("(a|日|b)(?P<two>.)"),
    set = shared.compileSet(["a+b", "日+本"]);
  assert.ok(set instanceof PatternSet);
  const texts = ["é", "日", "🎉", "x", "\ud800"].map((c) => c.repeat(20_000));
  const ask = () => {
    for (const text of texts) {
      const long = `${text}日日本 aab ${text}`;
      for (const asked of [long, long.slice(19_900, 20_100)]) {
        one.test(asked);
        set.test(asked);
        one.findAll(asked);
        one.replaceAll(asked, "[$0]");
        if (asked.length < 1000) grouped.replaceAll(asked, "[$1|${two}|$1$1]");
      }
    }
    // Each answer is longer than what was asked: every character is a match.
    one.replaceAll("b".repeat(4_000), "[$0]");
    grouped.replaceAll("b ".repeat(400), "[$1 and $1 and ${two}]");
  };
  for (let i = 0; i < 5; i++) ask();
  const before = await engineBytes();
  for (let i = 0; i < 100; i++) ask();
  assert.equal(await engineBytes(), before);
});

Deno.test("Patterns compiles once what an old and a new policy have in common", async () => {
  let old = await loadPatterns();
  const reload = async () => {
    const next = await loadPatterns();
    for (let i = 0; i < 10; i++) pattern(`\\b\\w{1,${i + 5}}@[a-z]+`, next).test("a@b");
    next.compileSet(["\\w+@", "(?i)straße"]);
    old[Symbol.dispose]();
    old = next;
  };
  await reload();
  const before = await engineBytes();
  for (let i = 0; i < 20; i++) await reload();
  assert.equal(await engineBytes(), before);
  assert.equal(pattern("\\b\\w{1,5}@[a-z]+", old).test("a@b"), true);
  old[Symbol.dispose]();
});

Deno.test("Patterns compiles once what policies that follow one another have in common", async () => {
  const load = async () => {
    using patterns = await loadPatterns();
    for (let i = 0; i < 10; i++) pattern(`\\w{1,${i + 5}}@[a-z]{2,9}`, patterns).test("a@b");
    patterns.compileSet(["\\w+@", "(?i)gasse"]);
  };
  await load();
  const before = await engineBytes();
  for (let i = 0; i < 20; i++) await load();
  assert.equal(await engineBytes(), before);
});
