import assert from "node:assert/strict";
import { DETECTOR_GROUPS, DETECTOR_NAMES, DETECTORS } from "../../src/redaction/detectors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { Redaction } from "../../src/redaction/redaction.ts";

const LETTERS = "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";
const AWS = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEK3Y";
const PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";

/** For each detector: texts in which `<…>` must be redacted, and texts that must stay. */
const CASES: Readonly<Record<string, { finds: readonly string[]; leaves: readonly string[] }>> = {
  "aws-access-key": {
    finds: [
      "<AKIAIOSFODNN7EXAMPLE>",
      "key=<ASIAIOSFODNN7EXAMPLE>;",
      "a\\n<AKIAIOSFODNN7EXAMPLE>",
      "q=k%3D<AKIAIOSFODNN7EXAMPLE>",
      "cfg_<AKIAIOSFODNN7EXAMPLE>",
    ],
    leaves: ["AKIA", "AKIAIOSFODNN7EXAMPL", "XAKIAIOSFODNN7EXAMPLE", "akiaiosfodnn7example"],
  },
  "aws-secret-key": {
    finds: [
      `<${AWS}>`,
      `AWS_SECRET_ACCESS_KEY=<${AWS}>`,
      `"${"<" + AWS + ">"}"`,
      `?s=<${AWS}>&x=1`,
      `<${AWS}> <${AWS}>`,
    ],
    leaves: ["0123456789abcdef0123456789abcdef01234567", "x".repeat(40), `${AWS}${AWS}`],
  },
  "github-token": {
    finds: [`<ghp_${LETTERS}>`, `"<gho_${LETTERS}>"`, `<github_pat_11${LETTERS}>`],
    leaves: ["ghp_short", "ghx_" + LETTERS, `aghp_${LETTERS}`],
  },
  "gitlab-token": {
    finds: ["<glpat-aBcDeFgHiJkLmNoPqRsT>"],
    leaves: ["glpat-short", "glass-door"],
  },
  "slack-token": { finds: ["<xoxb-123456789012-abcdef>"], leaves: ["xoxb-1", "foxox-1234567890"] },
  "openai-key": {
    finds: [`<sk-${LETTERS}>`, `<sk-proj-${LETTERS}>`],
    leaves: ["sk-short", "risk-assessment-of-the-whole-thing"],
  },
  "anthropic-key": { finds: [`<sk-ant-api03-${LETTERS}>`], leaves: [`sk-${LETTERS}`] },
  "google-api-key": { finds: ["<AIzaSyA1234567890abcdefghijklmnopqrstuv>"], leaves: ["AIzaSy"] },
  "stripe-key": {
    finds: ["<sk_live_aBcDeFgHiJkLmNoP>"],
    leaves: ["sk_live_x", "task_live_aBcDeFgHiJkL"],
  },
  "npm-token": { finds: [`<npm_${LETTERS}>`], leaves: ["npm_install", `npm_${LETTERS}x`] },
  "private-key": {
    finds: [`<${PEM}>`, `a <${PEM}> b`, "<-----BEGIN PRIVATE KEY-----\nMIIE cut off>"],
    leaves: ["-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----"],
  },
  "jwt": {
    finds: ["<eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N>"],
    leaves: ["eyJ.eyJ.x", "eyJhbGciOiJIUzI1NiJ9"],
  },
  "basic-auth-url": {
    finds: ["<https://user:pass@>host/", "<postgres://u:p@ss@>host/db"],
    leaves: ["https://host:8080/path", "mailto:user@host"],
  },
  "email": { finds: ["<a.b+c@example.org>", "to <x@y.co.uk>."], leaves: ["@example.org", "a@b"] },
  "credit-card": {
    finds: [
      "<4111111111111111>",
      "<4111 1111 1111 1111>",
      "<4111-1111-1111-1111> 12/27",
      "<4111111111111111> 123",
      "qty 2 <4111111111111111>",
    ],
    leaves: ["4111111111111112", "0000000000000000", "1234567890"],
  },
  "us-ssn": {
    finds: ["<123-45-6789>"],
    leaves: ["000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567"],
  },
  "iban": {
    finds: [
      "<DE89370400440532013000>",
      "<DE89 3704 0044 0532 0130 00>",
      "<AT611904300234573201> EUR 100",
      "<BE68 5390 0754 7034> EUR",
    ],
    leaves: ["DE89370400440532013001", "AB12 3456"],
  },
};

Deno.test("every detector has cases, and every group is made of detectors", () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(DETECTORS).sort());
  const grouped = Object.values(DETECTOR_GROUPS).flat();
  assert.deepEqual([...grouped].sort(), Object.keys(DETECTORS).sort());
  assert.equal(DETECTOR_NAMES.length, grouped.length + 2);
});

for (const [name, { finds, leaves }] of Object.entries(CASES)) {
  Deno.test(`detector ${name} redacts what it should and nothing else`, async () => {
    const redaction = new Redaction(null, [name], "*", await loadPatterns());
    for (const text of finds) {
      const plain = text.replaceAll(/[<>]/g, "");
      assert.equal(redaction.redact(plain), text.replaceAll(/<[^>]*>/g, "*"), text);
    }
    for (const text of leaves) assert.equal(redaction.redact(text), text);
  });
}
