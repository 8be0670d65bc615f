import assert from "node:assert/strict";
import { compileCondition } from "../../src/expr/condition.ts";
import { nameOf } from "../../src/expr/ternary.ts";
import { urlMatcher } from "../../src/matchers/url_matcher.ts";
import corpus from "./corpus/urls.json" with { type: "json" };

/** What the corpus says of a text; a member that is absent has no reading. */
interface Entry {
  readonly text: string;
  readonly scheme?: string;
  readonly host?: string;
  readonly port?: number;
  /** `/` where it is absent. */
  readonly path?: readonly string[];
  /** False where it is absent. */
  readonly is_private?: boolean;
  /** True where it is absent. */
  readonly sure?: boolean;
}

/**
 * Texts that must not be taken for api.github.com, texts that must; and addresses of the net and of
 * this machine or its net, however they are written.
 */
const {
  evasions,
  honest,
  public: open,
  private: inner,
}: Readonly<Record<"evasions" | "honest" | "public" | "private", readonly Entry[]>> = corpus;

function ask(condition: string, a: unknown): string {
  const compiled = compileCondition<{ readonly a: unknown }>(condition, {
    roots: [{ path: ["a"], type: "json", read: (env) => env.a }],
    patterns: (source) => new RegExp(source),
    matchers: new Map([["url", urlMatcher()]]),
  });
  if (!compiled.ok) return compiled.errors.map(({ message }) => message).join("; ");
  return nameOf(compiled.condition.evaluate({ a }));
}

Deno.test("url(…): every text of the corpus is read as it says", () => {
  const entries = [...evasions, ...honest, ...open, ...inner], matcher = urlMatcher();
  assert.ok(entries.length >= 120);
  for (const { text, sure = true, ...said } of entries) {
    const isRead = URL.canParse(text);
    const members = isRead ? { path: ["/"], is_private: false, ...said } : said;
    for (const member of ["scheme", "host", "port", "path", "is_private"] as const) {
      const { values, isSure } = matcher.read(text, member, { lookups: 0 });
      assert.deepEqual(values, [members[member] ?? []].flat(), `${member} of ${text}`);
      assert.equal(isSure, sure, text);
    }
  }
});

Deno.test("url(…).host: no evasion of the corpus passes, and no honest text is refused", () => {
  const isRight = "url(a).host == 'api.github.com'";
  for (const { text } of evasions) assert.notEqual(ask(isRight, text), "true", text);
  for (const { text } of honest) assert.equal(ask(isRight, text), "true", text);
});

Deno.test("url(…).is_private: nothing of the corpus that is private passes for public", () => {
  for (const { text } of inner) assert.notEqual(ask("url(a).is_private", text), "false", text);
  for (const { text } of [...open, ...honest]) {
    assert.equal(ask("url(a).is_private", text), "false", text);
  }
});

Deno.test("url(…) is read as a browser reads it, and what others read otherwise is doubtful", () => {
  const host = (a: unknown) => ask("url(a).host == 'api.github.com'", a);
  for (
    const right of [
      "https://api.github.com",
      "HTTPS://API.GitHub.com:443/x?y#z",
      "https://api.github.com./",
    ]
  ) {
    assert.notEqual(host(right), "false", right);
  }
  assert.equal(host("https://api.github.com/x"), "true");
  for (
    const other of ["https://api.github.com.evil.example/", "https://evil.example/api.github.com"]
  ) {
    assert.equal(host(other), "false", other);
  }
  for (
    const doubtful of [
      "https://api.github.com@evil.example/",
      "https://api.github.com\\@evil.example/",
      "https://api.github.com /",
      " https://api.github.com/",
      "https://api。github。com/",
      "//api.github.com/",
      "api.github.com",
      "https://user:pw@api.github.com/",
      ["https://api.github.com/", "https://evil.example/"],
      7,
    ]
  ) assert.equal(host(doubtful), "partly", JSON.stringify(doubtful));
  const isPrivate = (a: string) => ask("url(a).is_private", a);
  for (
    const one of [
      ...["http://localhost/", "http://127.0.0.1:80/", "http://10.1.2.3/", "http://192.168.0.1/"],
      ...[
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
      ],
      ...["http://printer.local/", "http://172.16.0.1/", "http://0.0.0.0/", "http://a.internal/"],
      ...["http://[::ffff:7f00:1]/"],
    ]
  ) assert.equal(isPrivate(one), "true", one);
  for (
    const one of [
      "https://example.com/",
      "http://172.32.0.1/",
      "http://8.8.8.8/",
      "http://[2001:db8::1]/",
    ]
  ) {
    assert.equal(isPrivate(one), "false", one);
  }
  // Written otherwise than it is meant.
  for (
    const one of [
      "http://0x7f.1/",
      "http://2130706433/",
      "http://[::ffff:127.0.0.1]/",
      "http://127.1/",
    ]
  ) {
    assert.equal(isPrivate(one), "partly", one);
  }
  assert.equal(
    ask("url(a).port == 443 and url(a).scheme == 'https'", "https://a.example/"),
    "true",
  );
  assert.equal(ask("url(a).path starts_with '/v1/'", "https://a.example/v2/../v1/x"), "true");
});
