import assert from "node:assert/strict";
import { DETECTOR_GROUPS, DETECTOR_NAMES, DETECTORS } from "../../src/redaction/detectors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { Redaction } from "../../src/redaction/redaction.ts";

const HEX = "0123456789abcdef".repeat(2);
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
      `AWS_SECRET_ACCESS_KEY=<${AWS}>`,
      `aws_secret_access_key = "${"<" + AWS + ">"}"`,
      `secret key: <${AWS}>`,
      `AKIAIOSFODNN7EXAMPLE,<${AWS}>`,
    ],
    leaves: [
      "0123456789abcdef0123456789abcdef01234567",
      "x".repeat(40),
      AWS,
      `${AWS}${AWS}`,
      `etag: ${AWS}`,
    ],
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
    leaves: [
      "sk-short",
      "risk-assessment-of-the-whole-thing",
      "sk-cube-grid-container-wrapper sk-navigation-toolbar-main",
      "/sk-slovak-translation-of-the-manual/ sk-SK-Standard-Voice-Alpha",
      "sk-learn-pipeline-broken-in-version-2",
    ],
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
    finds: ["<https://user:hunter2@>host/", "<postgres://u:p@ss@>host/db", "<redis://:k3y@>cache"],
    leaves: [
      "https://host:8080/path",
      "mailto:user@host",
      "https://user:password@host",
      "postgres://${USER}:${PASSWORD}@db",
      "redis://:$PASSWORD@db",
    ],
  },
  "webhook-url": {
    finds: [`https://<hooks.slack.com/services/T0/B0/${LETTERS}>`],
    leaves: ["https://hooks.slack.com/", "https://discord.com/api/webhooks/"],
  },
  "ai-key": {
    finds: [`<hf_${LETTERS}>`, `<gsk_${LETTERS}${LETTERS}>`],
    leaves: ["hf_hub_download"],
  },
  "google-oauth": {
    finds: [`<ya29.${LETTERS}>`, `<GOCSPX-${LETTERS}>`],
    leaves: ["ya29.", "GOCSPX-x"],
  },
  "package-token": {
    finds: [`<dckr_pat_${LETTERS}>`, `<pypi-AgEI${LETTERS}${LETTERS}>`],
    leaves: ["pypi-simple", "dckr_pat_"],
  },
  "messaging-token": {
    finds: [`<SG.${LETTERS}.${LETTERS}>`, `<key-${HEX}>`],
    leaves: ["SG.a.b", "key-signature", "node-modules-key-cache"],
  },
  "bot-token": {
    finds: [
      `<123456789:AA${LETTERS}>`,
      `<${HEX}-us12>`,
      `<${LETTERS.slice(0, 14)}.atlasv1.${LETTERS}${LETTERS}>`,
    ],
    leaves: ["12:30:45", `${HEX}-usage`, "a.b.c"],
  },
  "cloud-token": {
    finds: [`<hvs.${LETTERS}>`, `<tskey-auth-${LETTERS}>`, `<dapi${"0123456789abcdef".repeat(2)}>`],
    leaves: ["hvs.read", "tskey-auth"],
  },
  "service-token": {
    finds: [`<lin_api_${LETTERS}${LETTERS}>`, `<shpat_${"0123456789abcdef".repeat(2)}>`],
    leaves: ["lin_api_key", "shpat_x", "secret_name"],
  },
  "connection-string": {
    finds: [`AccountKey=<${LETTERS}${LETTERS}==>;x`, `PrivateKey = <${LETTERS}0123456=>`],
    leaves: ["AccountKey=...", "?sig=short"],
  },
  "bearer-token": {
    finds: [`Authorization: Bearer <${LETTERS}>`, `"bearer <${LETTERS}>"`],
    leaves: ["Bearer <token>", "Bearer $TOKEN", "the bearer of extraordinarily good news"],
  },
  "email": {
    finds: ["<a.b+c@example.org>", "to <x@y.co.uk>."],
    leaves: [
      ...["@example.org", "a@b", "git@github.com:acme/widgets.git", "ssh://git@github.com/acme"],
      ...[
        "user@1000.service getty@tty1.service",
        "icon@2x.png logo@3x.svg",
        "esbuild@0.25.0-beta.rc",
      ],
      ...["cls@mod.func", "me@machine.local"],
    ],
  },
  "credit-card": {
    finds: [
      "<4111111111111111>",
      "<4111 1111 1111 1111>",
      "<4111-1111-1111-1111> 12/27",
      "<4111111111111111> 123",
      "qty 2 <4111111111111111>",
      ...[
        "<5500-0000-0000-0004>",
        "<3782 822463 10005>",
        "<378282246310005>",
        "<6011111111111117>",
      ],
      ...["<3530111333300000>", "<30569309025904>", "card: <2223003122003222>,"],
    ],
    leaves: [
      ...["4111111111111112", "0000000000000000", "1234567890", "1748503543012 please check"],
      ...['{"time_processed":"1647725122227"}', "translate(0%, -0.5309136012499991%)"],
      ...["case 1747-9192-2056-7223", "47223179-9330-4259-b66c-f2db26efb20c"],
      ...["-rw-r--r-- 1 1000 1000 94621 2026-11-18 13:18 file0", "lat 65.55637752845357"],
      ...["1900 1901 1902 1903", "backup-20261116-181516.tar.gz", "IMEI 490154203237518"],
      ...["EAN 5901234123457", "0000140 001330 000000 000000 000000 001330", "4111 1111 1111-1111"],
      ...["4111 1111 1111 1111 1111 1111", "147 148 149 157 158 159 167 168 169 247 248"],
      ...["0.4111111111111111", "4111111111111111.5"],
    ],
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
