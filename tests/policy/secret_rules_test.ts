import assert from "node:assert/strict";
import { join } from "node:path";
import { FileError, type UsageError } from "../../src/errors.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy, warningTexts } from "../../src/policy/load.ts";
import { entropyOf, MAX_VALUE_CHARS, SecretRules } from "../../src/redaction/secret_rules.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import type { Policy } from "../../src/policy/rules.ts";
import { answer, call } from "../session/harness.ts";
import { withPolicy } from "./harness.ts";

/** Runs `use` with a folder in which there is a file of rules, and the text of a policy that names it. */
async function withRules(
  rules: string,
  use: (policy: string, folder: string) => Promise<void> | void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_rules_" });
  try {
    const file = join(folder, "gitleaks.toml");
    await Deno.writeTextFile(file, rules);
    await use(`[redaction]\nrules = ${JSON.stringify(file)}\n`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What becomes of texts by a file of rules, and the warnings about it. */
async function redactedBy(rules: string, texts: readonly string[]) {
  let redacted: string[] = [], warnings: readonly string[] = [];
  await withRules(rules, async (text) => {
    using patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
    const redactor = new Redactor(
      policy.rules.filter((rule) => rule.action === "redact"),
      patterns,
    );
    redacted = texts.map((text) => redactor.redactText(text, redactor.rules));
    warnings = policy.warnings.map(({ problem }) => problem.message);
    assert.equal((await warningTexts(policy.warnings)).length, warnings.length);
  });
  return { redacted, warnings };
}

/** What is wrong with a file of rules: `line:column: message`. */
async function problemsOf(rules: string): Promise<string[]> {
  let problems: string[] = [];
  await withRules(rules, async (text, folder) => {
    using patterns = await loadPatterns();
    const fault = await parsePolicy([{ file: "p.toml", text }], patterns).then(
      () => assert.fail("it loads"),
      (fault) => fault,
    );
    assert.ok(fault instanceof FileError, String(fault));
    assert.equal(fault.file, join(folder, "gitleaks.toml"));
    assert.ok(fault.message.startsWith(`${fault.file}:${fault.problems[0]!.line}:`));
    problems = fault.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  });
  return problems;
}

const rule = (id: string, more: string) => `[[rules]]\nid = "${id}"\n${more}\n`;

const CASES: Readonly<
  Record<string, { rules: string; texts: Readonly<Record<string, string>>; warns?: RegExp[] }>
> = {
  "regex: without a group, the match": {
    rules: rule("a", "description = 'x'\ntags = ['y']\nregex = '''ACME-[0-9a-f]{8}'''"),
    texts: { "key ACME-0123abcd.": "key [REDACTED].", "ACME-0123": "ACME-0123" },
  },
  "regex: Go's dialect": {
    rules: rule("a", "regex = '''\\${\\w{4}}|[[<]x\\d>'''"),
    texts: {
      "${abcd} [x1> \u00e9": "[REDACTED] [REDACTED] \u00e9",
      "${ab\u00e9d}": "${ab\u00e9d}",
    },
  },
  "regex: a line's end is no part of the match": {
    rules: rule("a", "regex = '''\\n?ACME[0-9]+\\n?'''"),
    texts: { "x\nACME1\ny": "x\n[REDACTED]\ny" },
  },
  "secretGroup: only that group": {
    rules: rule("a", "regex = '''(user)=(\\w+) (pass)=(\\w+)'''\nsecretGroup = 4"),
    texts: { "user=pass pass=pass": "user=pass pass=[REDACTED]" },
  },
  "no secretGroup: the first group that is not empty": {
    rules: rule("a", "regex = '''k(?:1=(\\d*)|2=(\\w+))(;)'''"),
    texts: { "k1=12; k2=ab; k1=;": "k1=[REDACTED]; k2=[REDACTED]; k1=[REDACTED]" },
  },
  "entropy: more bits a character than that": {
    rules: rule("a", "regex = '''k=(\\w+)'''\nentropy = 2") +
      rule("b", "regex = '''q=(\\w+)'''\nentropy = 1.99"),
    // Four different letters have two bits each.
    texts: { "k=abcd q=abcd k=abcde q=aaaa": "k=abcd q=[REDACTED] k=[REDACTED] q=aaaa" },
  },
  "keywords: one of them, in any case, anywhere in the text": {
    rules: rule("a", "regex = '''[0-9]{6}'''\nkeywords = ['Acme', 'x.y']"),
    texts: {
      "123456": "123456",
      "ACME\n123456": "ACME\n[REDACTED]",
      "123456 X.Y": "[REDACTED] X.Y",
      "123456 xzy": "123456 xzy",
    },
  },
  "allowlists: regexes on the secret, the match or the line": {
    rules: rule("a", "regex = '''a=(\\w+)'''") + "[[rules.allowlists]]\nregexes = ['^test']\n" +
      rule("b", "regex = '''b=(\\w+)'''") +
      "[[rules.allowlists]]\nregexTarget = 'match'\nregexes = ['^b=t']\n" +
      rule("c", "regex = '''c=(\\w+)'''") +
      "[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['# fake$']\n",
    texts: {
      "a=test1 a=xtest": "a=test1 a=[REDACTED]",
      "b=t b=u": "b=t b=[REDACTED]",
      "c=1\nc=2 # fake\nc=3": "c=[REDACTED]\nc=2 # fake\nc=[REDACTED]",
    },
  },
  "allowlists: stopwords in the secret, in any case; several lists": {
    rules: rule("a", "regex = '''(?i)key=(\\w+)'''") +
      "[[rules.allowlists]]\nstopwords = ['Example']\n[[rules.allowlists]]\nregexes = ['^0+$']\n",
    texts: { "key=myEXAMPLE1 key=000 key=1": "key=myEXAMPLE1 key=000 key=[REDACTED]" },
  },
  "allowlists: condition": {
    rules: rule("a", "regex = '''a=(\\w+)'''") +
      "[[rules.allowlists]]\ncondition = 'and'\nregexes = ['^t']\nstopwords = ['x']\n" +
      rule("b", "regex = '''b=(\\w+)'''") +
      "[[rules.allowlists]]\ncondition = '||'\nregexes = ['^t']\nstopwords = ['x']\n",
    texts: { "a=t a=x a=tx b=t b=x b=u": "a=[REDACTED] a=[REDACTED] a=tx b=t b=x b=[REDACTED]" },
  },
  "allowlist: the old word, and one value for a list": {
    rules: "[allowlist]\nstopwords = 'global'\n" + rule("a", "regex = '''a=(\\w+)'''") +
      "[rules.allowlist]\nregexes = 'own'\n",
    texts: { "a=own a=global a=x": "a=own a=global a=[REDACTED]" },
  },
  "allowlists of the file: for all rules, or for targetRules": {
    rules: rule("a", "regex = '''a=(\\w+)'''") + rule("b", "regex = '''b=(\\w+)'''") +
      "[[allowlists]]\nregexes = ['^all$']\n" +
      "[[allowlists]]\ntargetRules = ['b']\nstopwords = ['one']\n",
    texts: { "a=all b=all a=one b=one": "a=all b=all a=[REDACTED] b=one" },
  },
  "allowlists of files let nothing pass": {
    rules: "[[allowlists]]\npaths = ['.*']\ncommits = ['abc']\n" +
      "[[allowlists]]\npaths = ['.*']\nregexes = ['^or$']\n" +
      rule("a", "regex = '''a=(\\w+)'''") +
      "[[rules.allowlists]]\ncondition = 'AND'\npaths = ['.*']\nregexes = ['x']\n",
    texts: { "a=x a=or": "a=[REDACTED] a=or" },
    warns: [/paths or commits/, /paths or commits/],
  },
  "path: a rule of files alone is left out, another one's is not looked at": {
    rules: rule("a", "path = '''\\.p12$'''") + rule("b", "regex = 'SEC'\npath = '''\\.tf$'''"),
    texts: { "SEC x.p12": "[REDACTED] x.p12" },
    warns: [/files alone/, /path is not looked at/],
  },
  "extend: what is not here is said": {
    rules: "title = 't'\nminVersion = 'v8.25.0'\n[extend]\nuseDefault = true\n" +
      "disabledRules = ['z']\npath = 'x'\n" + rule("a", "regex = 'SEC'") +
      rule("theirs", "") + "[[rules.allowlists]]\nstopwords = ['x']\n" +
      "[[allowlists]]\ntargetRules = ['others']\nstopwords = ['SEC']\n",
    texts: { SEC: "[REDACTED]" },
    warns: [/gitleaks' own rules/, /other file/, /changes one of the rules/, /no rule "others"/],
  },
  "required: another rule must find something near; skipReport: it finds nothing by itself": {
    rules: rule("any", "regex = 'ANY[0-9]'") + "[[rules.required]]\nid = 'h'\n" +
      rule("line", "regex = 'LINE[0-9]'") + "[[rules.required]]\nid = 'h'\nwithinLines = 1\n" +
      rule("col", "regex = 'COL[0-9]'") + "[[rules.required]]\nid = 'h'\nwithinColumns = 6\n" +
      "[[rules.required]]\nid = 'any'\n" +
      rule("h", "regex = 'user=[a-z]+'\nskipReport = true\nkeywords = ['nowhere']") +
      rule("help", "regex = 'HELP'\nskipReport = true"),
    texts: {
      "ANY1 LINE1 COL1 HELP": "ANY1 LINE1 COL1 HELP",
      "user=ann\n\nANY1": "user=ann\n\n[REDACTED]",
      "user=ann\nLINE1\nLINE2": "user=ann\n[REDACTED]\nLINE2",
      " user=ann\n12345COL1\nCOL2\n12345678COL3": " user=ann\n12345COL1\nCOL2\n12345678COL3",
      // Columns 6, 12 and 13: on other lines than the first, they count one more.
      "ANY1 user=ann\n1234567890COL1\n12345678901COL3":
        "[REDACTED] user=ann\n1234567890[REDACTED]\n12345678901COL3",
    },
  },
  "unknown keys and an id used twice are warnings": {
    rules: "speed = 1\n" + rule("a", "regex = 'ONE'\nreportGroup = 2") +
      rule("b", "regex = 'THREE'") + rule("b", "regex = 'FOUR'"),
    texts: { "ONE THREE FOUR": "[REDACTED] THREE [REDACTED]" },
    warns: [/used twice/, /unknown key "speed"/, /"reportGroup"/],
  },
  "keys in any case, as gitleaks reads them": {
    rules: "[[Rules]]\nID = 'a'\nREGEX = '(k)=(.)'\nsecretgroup = 2\nKeywords = 'k'\n" +
      "[[Rules.allowLists]]\nStopWords = ['x']\nregextarget = 'secret'\n",
    texts: { "k=y k=x": "k=[REDACTED] k=x" },
  },
  "what overlaps is replaced once": {
    rules: rule("a", "regex = 'abc'") + rule("b", "regex = 'bcd'") + rule("c", "regex = 'ef'"),
    texts: { abcdef: "[REDACTED][REDACTED]" },
  },
  "an empty keyword stands in no text's way; what is redacted is not redacted again": {
    rules: rule("a", "regex = '[A-Z]{8}'\nkeywords = ['', 'x']"),
    texts: { "[REDACTED] ABCDEFGH": "[REDACTED] [REDACTED]" },
  },
  "gitleaks:allow is what a text says of itself, and counts for nothing": {
    rules: rule("a", "regex = 'SEC[0-9]'"),
    texts: { "SEC1 # gitleaks:allow": "[REDACTED] # gitleaks:allow" },
  },
};

for (const [name, { rules, texts, warns = [] }] of Object.entries(CASES)) {
  Deno.test(`[redaction] rules, ${name}`, async () => {
    const { redacted, warnings } = await redactedBy(rules, Object.keys(texts));
    assert.deepEqual(redacted, Object.values(texts));
    for (const warning of warns) {
      assert.ok(warnings.some((message) => warning.test(message)), `${warning}: ${warnings}`);
    }
    assert.equal(warnings.length, warns.length, warnings.join("\n"));
  });
}

Deno.test("[redaction] rules: what does not load is told with line and column, all at once", async () => {
  const rules = [
    "[[rules]]", // 1
    "id = 'a'",
    "regex = '''\\d{2}(x'''", // 3
    "[[rules.allowlists]]",
    "regexes = [", // 5
    "  'fine',",
    '  "\\\\s[z-a]",', // 7
    "]",
    "[[rules]]", // 9
    "regex = 'x'",
    "[[rules]]", // 11
    "id = 'c'",
    "[[rules]]", // 13
    "id = 'd'",
    "regex = '(x)'",
    "secretGroup = 2", // 16
    "entropy = 'high'",
    "[[rules.allowlists]]", // 18
    "condition = 'XOR'",
    "stopwords = ['x']",
    "[[rules.allowlists]]", // 21
    "regexTarget = 'file'",
    "regexes = ['x']",
    "[[rules.allowlists]]", // 24
    "description = 'nothing'",
    "[[rules]]", // 26
    "id = 'e'",
    "regex = 'x*'",
    "keywords = [1]",
    "[[allowlists]]", // 30
    "targetRules = ['zz']",
    "stopwords = ['x']",
    "[[rules]]", // 33
    "id = 'f'",
    "regex = 'y'",
    "required = [{ id = 'zz' }, {}]", // 36
  ];
  const problems = await problemsOf(rules.join("\n"));
  const expected = [
    /^3:17: unclosed group/,
    /^7:8: invalid character class range/,
    /^9:3: a rule needs the key "id"/,
    /^11:3: a rule needs the key "regex"/,
    /^16:15: there is no group 2: the regex has 1/,
    /^17:11: entropy must be a number/,
    /^19:13: condition must be/,
    /^22:15: regexTarget must be/,
    /^24:9: an allowlist needs/,
    /^28:9: the regex matches the empty text/,
    /^29:12: keywords must be a list of strings/,
    /^31:15: there is no rule "zz"/,
    /^36:20: the required rule "zz" is not there/,
    /^36:28: required needs the key "id"/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  expected.forEach((problem, i) => assert.match(problems[i]!, problem));
});

Deno.test("[redaction] rules: a file that redacts nothing, is no TOML, or spells a list twice does not load", async () => {
  assert.match((await problemsOf("title = 'x'\n"))[0]!, /^1:1: no rule in this file/);
  assert.match((await problemsOf("[extend]\nuseDefault = true\n"))[0]!, /no rule in this file/);
  assert.match((await problemsOf("[[rules]\n"))[0]!, /^1:/);
  const both = rule("a", "regex = 'x'\nallowlist = { stopwords = ['x'] }") +
    "[[rules.allowlists]]\nstopwords = ['x']\n";
  assert.match((await problemsOf(both))[0]!, /^4:1: allowlist is the old word/);
});

Deno.test("[redaction] rules: a path is relative to the policy's file; one that is not there is its problem", () =>
  withRules(rule("a", "regex = 'SEC'"), async (_, folder) => {
    using patterns = await loadPatterns();
    const file = join(folder, "p.toml");
    const load = (text: string) => parsePolicy([{ file, text }], patterns);
    const { ruleFiles, rules }: Policy = await load(
      `[redaction]\nrules = ["./gitleaks.toml", "gitleaks.toml"]\n`,
    );
    assert.deepEqual(ruleFiles, [{ file: join(folder, "gitleaks.toml"), rules: 1 }]);
    assert.deepEqual(rules.map(({ id }) => id), ["redaction:./gitleaks.toml"]);
    for (
      const [text, problem] of [
        [
          `[redaction]\nrules = "none.toml"\n`,
          /p\.toml:2:9: cannot read .*none\.toml: no such file/,
        ],
        [`[redaction]\nfile = "x"\n`, /p\.toml:1:2: \[redaction\] needs the key "rules"/],
        [`[redaction]\nrules = 1\n`, /p\.toml:2:9: rules must be/],
      ] as const
    ) await assert.rejects(load(text), (fault) => problem.test((fault as UsageError).message));
  }));

Deno.test("[redaction] rules redact arguments, answers and what is recorded, of every tool", () =>
  withRules(
    rule("a", "regex = '''ACME-[0-9a-f]{8}'''\nkeywords = ['acme-']") +
      rule("pin", "regex = '''\\b[0-9]{7}\\b'''"),
    async (policy) => {
      const h = await withPolicy(policy), key = "ACME-0123abcd", by = "[REDACTED]";
      const sent = call(1, "any", { a: key, [`k${key}`]: [`x ${key}`], n: 1 });
      assert.equal(h.agent(sent).server, sent.replaceAll(key, by));
      const got = answer(1, {
        content: [{ type: "text", text: `a ${key}` }, { type: "text", text: "1234567" }],
        structuredContent: { [key]: [JSON.stringify({ key })], n: 7654321 },
      });
      const clean = got.replaceAll(key, by).replace("1234567", by).replace("7654321", "0");
      assert.equal(h.server(got).agent, clean);
      const record = JSON.stringify(h.ended[0]);
      for (const secret of [key, "1234567", "7654321"]) assert.ok(!record.includes(secret), record);
      h.agent(call(2));
      const blob = (text: string) =>
        answer(2, { contents: [{ blob: new TextEncoder().encode(text).toBase64() }] });
      assert.equal(h.server(blob(`in base64: ${key}`)).agent, blob(`in base64: ${by}`));
    },
  ));

Deno.test("[redaction] rules see the name that a value stands behind", () =>
  withRules(
    rule("named", `regex = '''(?i)api_?key["' :=]{1,5}([0-9a-z]{12})\\b'''\nkeywords = ['key']`),
    async (policy) => {
      const h = await withPolicy(policy), secret = "0a1b2c3d4e5f";
      const args = { api_key: secret, name: secret, list: [{ apiKey: secret }, "apikey", secret] };
      const clean = JSON.parse(JSON.stringify(args));
      clean.api_key = clean.list[0].apiKey = "[REDACTED]";
      assert.equal(h.agent(call(1, "t", args)).server, call(1, "t", clean));
      h.server(answer(1, {}));
      assert.deepEqual(JSON.parse(h.ended[0]!.arguments!), clean);
      const long = { api_key: `${secret} ${"x".repeat(MAX_VALUE_CHARS - 13)}` };
      assert.ok(!h.agent(call(2, "t", long)).server.includes(secret));
      const longer = { api_key: `${long.api_key}x` };
      assert.ok(h.agent(call(3, "t", longer)).server.includes(secret));
    },
  ));

Deno.test("entropyOf is Shannon's, of characters by their share of the bytes", () => {
  assert.equal(entropyOf(""), 0);
  assert.equal(entropyOf("aaaa"), 0);
  assert.equal(entropyOf("abcd"), 2);
  assert.equal(entropyOf("aabb"), 1);
  assert.equal(entropyOf("\u00e9\u00e9"), 0.5);
});

Deno.test("[redaction] rules have the budget of a message: past it, it is refused", () =>
  withRules(rule("a", "regex = '''k=(\\w+)'''"), async (policy) => {
    const h = await withPolicy(policy, { scan: { maxScanWork: 1 } });
    const { agent, server } = h.agent(call(1, "t", { text: "k=1 ".repeat(100_000) }));
    assert.equal(server, "");
    assert.match(agent, /max_scan_work/);
  }));

Deno.test("SecretRules search also where the keywords make no set, and see a quote in a keyword", async () => {
  using patterns = await loadPatterns();
  const pattern = patterns.compile("[0-9]{6}");
  if ("message" in pattern) throw new Error(pattern.message);
  const rules = (keyword: string) => [{
    ...{ id: "a", pattern, entropy: 0, keywords: [keyword] },
    ...{ allowlists: [], required: [], isHelper: false },
  }];
  const noSets = {
    ...patterns,
    compileSet: () => ({ message: "too large", offset: 0, length: 0 }),
  };
  for (
    const found of [
      new SecretRules(rules("key"), [], noSets),
      new SecretRules(rules("key"), [], patterns),
      new SecretRules(rules('key": "'), [], patterns),
    ]
  ) {
    assert.equal(found.mayHold("KEY\n123456"), true);
    assert.deepEqual(found.secretsIn("123456", "Key"), [{ start: 0, end: 6 }]);
    assert.deepEqual(found.secretsIn("123456", "other"), []);
  }
  assert.equal(new SecretRules(rules("key"), [], patterns).mayHold("other\n123456"), false);
});
