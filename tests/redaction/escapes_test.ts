import assert from "node:assert/strict";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { Redaction } from "../../src/redaction/redaction.ts";

const TOKEN = "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";
const AWS = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEK3Y";

/** Colours and other sequences, as terminals get them and as text has them written out. */
const SEQUENCES = [
  "\x1b[1m",
  "\x1b[01;31m\x1b[K",
  "\x1b[38:5:12m",
  "\x1b[0K",
  "\x1b(B",
  "\u009b1m",
  "\\u001b[1m",
  "\\u001B[0;31m",
  "\\\\u001b[1m",
  "\\u001b\\u005b1m",
  "\\u{1b}[1m",
  "\\x1b[1m",
  "\\x1B[38;5;12m",
  "\\x1b[K",
  "\\U0000001b[1m",
  "\\e[1m",
  "\\E[m",
  "\\033[1m",
  "\\33[1m",
  "%1b[1m",
  "%1B%5B1m",
  "%1B%5B1%3B31m",
  "&#27;[1m",
  "&#x1b;[1m",
  "^[[1m",
  "␛[1m",
  "[1m",
  "[0;31m",
];

/** Other characters written out. */
const WRITTEN = [
  "\\n",
  "\\a",
  "\\v",
  "\\e",
  "\\x0a",
  "\\012",
  "\\0",
  "\\u000a",
  "\\U0001f511",
  "%0a",
];

Deno.test("secrets are found behind escapes, also those written as text, and the escapes stay", async () => {
  using patterns = await loadPatterns();
  const redaction = new Redaction(null, ["secrets"], "<*>", patterns);
  const bearer = `Bearer ${"aBcDeF0123456789".repeat(2)}`;
  for (const escape of [...SEQUENCES, ...WRITTEN]) {
    assert.equal(redaction.redact(`a${escape}${TOKEN} b`), `a${escape}<*> b`, escape);
    assert.equal(redaction.redact(`${escape}${bearer}`), `${escape}Bearer <*>`, escape);
  }
  for (const escape of SEQUENCES) {
    assert.equal(
      redaction.redact(`aws_secret_key=${escape}${AWS}`),
      `aws_secret_key=${escape}<*>`,
      escape,
    );
  }
});

Deno.test("what only looks like an escape hides no word and makes none a secret", async () => {
  using patterns = await loadPatterns();
  const redaction = new Redaction(null, ["secrets"], "<*>", patterns);
  for (
    const text of [
      `a${TOKEN}`,
      `[m${TOKEN}`,
      "C:\\desk-lamp-of-the-house-of-2024",
      "[msk-cluster-of-2024-in-europe",
    ]
  ) {
    assert.equal(redaction.redact(text), text);
  }
});

Deno.test("numbers of cards, of people and of accounts are found behind escapes, too", async () => {
  using patterns = await loadPatterns();
  const redaction = new Redaction(null, ["pii"], "<*>", patterns);
  const numbers = [
    "4111 1111 1111 1111",
    "4111111111111111",
    "078-05-1120",
    "DE89370400440532013000",
  ];
  // Behind an octal escape, nobody knows which digits are still its own.
  for (const escape of [...SEQUENCES, ...WRITTEN.filter((one) => one !== "\\0")]) {
    for (const number of numbers) {
      assert.equal(redaction.redact(`a${escape}${number} b`), `a${escape}<*> b`, escape);
    }
  }
  for (const text of ["id4111111111111111", "x078-05-1120", "aDE89370400440532013000"]) {
    assert.equal(redaction.redact(text), text);
  }
});
