import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { compileCondition } from "../../src/expr/condition.ts";
import { nameOf } from "../../src/expr/ternary.ts";
import { pathMatcher } from "../../src/matchers/path_matcher.ts";
import { urlMatcher } from "../../src/matchers/url_matcher.ts";

interface Env {
  readonly a: unknown;
}

/** Folders with links: `home/me/project/out` leads to `/etc`, `home/me/link` into the project. */
async function withFolders(use: (root: string) => void | Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate_path_" }));
  try {
    const project = join(root, "home/me/project");
    await Deno.mkdir(join(project, "src"), { recursive: true });
    await Deno.mkdir(join(root, "home/me/projectb"));
    await Deno.mkdir(join(root, "home/me/.ssh"));
    await Deno.symlink("/etc", join(project, "out"));
    await Deno.symlink(project, join(root, "home/me/link"));
    await Deno.symlink(join(project, "loop"), join(project, "loop"));
    await Deno.symlink(join(root, "home/me/.ssh/authorized_keys"), join(project, "later"));
    await Deno.symlink("none/yet", join(project, "inside"));
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function asker(root: string) {
  const matchers = new Map([
    [
      "path",
      pathMatcher({
        cwd: join(root, "home/me/project"),
        home: join(root, "home/me"),
        isCaseless: false,
        resolvesPaths: true,
      }),
    ],
    ["url", urlMatcher()],
  ]);
  return (condition: string, a: unknown): string => {
    const compiled = compileCondition<Env>(condition, {
      roots: [{ path: ["a"], type: "json", read: (env) => env.a }],
      patterns: (source) => new RegExp(source),
      matchers,
    });
    if (!compiled.ok) return compiled.errors.map(({ message }) => message).join("; ");
    return nameOf(compiled.condition.evaluate({ a }));
  };
}

Deno.test({
  name: "path(…) within: what is inside is true, what may be elsewhere is not",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolders((root) => {
      const ask = asker(root), me = join(root, "home/me"), project = `${me}/project`;
      const within = (a: unknown) => ask(`path(a) within '${project}'`, a);
      for (
        const inside of [
          project,
          `${project}/`,
          `${project}/src/new.ts`,
          `${project}/none/../src`,
          `${project}//src/./a`,
          "src/a.ts",
          "inside/x",
          ".",
          "./src",
          `${project}/with space/100%`,
          `${project}/ünï`,
          [`${project}/a`, "b"],
        ]
      ) assert.equal(within(inside), "true", JSON.stringify(inside));
      for (
        const outside of [
          "/etc/passwd",
          `${project}b/x`,
          `${me}/.ssh/id_rsa`,
          "..",
          `${project}/../.ssh/id_rsa`,
          `${project}/src/../../.ssh`,
          "/",
        ]
      ) assert.equal(within(outside), "false", JSON.stringify(outside));
      for (
        const doubtful of [
          `${project}/out/passwd`,
          `${project}/later`,
          "later/x",
          "out/../etc/shadow",
          `${project}/%2e%2e/.ssh/id_rsa`,
          `${project}/%252e%252e/.ssh`,
          `${project}/a\\..\\..\\..\\.ssh`,
          "~/.ssh/id_rsa",
          "~",
          `${project}/$HOME/x`,
          `${project}/%APPDATA%/x`,
          `${project}/a\0/../../x`,
          "~root/x",
          `file://${me}/.ssh/id_rsa`,
          [`${project}/a`, "/etc/passwd"],
          `["/etc/passwd"]`,
          5,
          { path: "/etc/passwd" },
          null,
          "x".repeat(5000),
        ]
      ) {
        assert.equal(within(doubtful), "partly", JSON.stringify(doubtful).slice(0, 80));
        assert.equal(ask(`not path(a) within '${project}'`, doubtful), "partly");
      }
      assert.equal(within(undefined), "false");
      assert.equal(within([]), "false");
      // A link into the folder is inside, however it is written; so is a directory that is a link.
      assert.equal(ask(`path(a) within ['/nowhere', '${me}/link']`, `${project}/src`), "true");
      assert.equal(within(`${me}/link/src`), "partly");
      assert.equal(ask("path(a) within '~/project'", "src"), "true");
      assert.equal(ask("path(a) within './'", "src"), "true");
      assert.equal(ask("path(a) within '/'", "anything"), "true");
      assert.equal(within(`${project}/loop/x`), "true");
    }),
});

Deno.test("path(…) has a name, an extension, and says whether it is sure", () => {
  const ask = asker("/nowhere");
  assert.equal(ask("path(a).name == 'id_rsa'", "x/../.ssh/id_rsa"), "true");
  assert.equal(ask("path(a).extension in ['.pem', '.key']", "/a/b.pem"), "true");
  assert.equal(ask("path(a).name matches '^[.]env'", "/a/.env.local"), "true");
  assert.equal(ask("path(a).name == '.env'", "/a/%2eenv"), "partly");
  assert.equal(ask("path(a).sure", "/a"), "true");
  assert.equal(ask("not path(a).sure", "$X/a"), "true");
  assert.equal(ask("path(a).sure", 5), "false");
});

Deno.test("url(…) is read as a browser reads it, and what others read otherwise is doubtful", () => {
  const ask = asker("/nowhere"), host = (a: unknown) => ask("url(a).host == 'api.github.com'", a);
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

Deno.test("what a function is not for is said when the policy is loaded", () => {
  const ask = asker("/nowhere");
  for (
    const [condition, why] of [
      ["path(a) == '/x'", /place in the file system, which is asked with `within`/],
      ["path(a)", /not a condition/],
      ["a within '/x'", /`within` needs path\(…\) on its left/],
      ["path(a) within a", /needs a directory in quotes/],
      ["path(a) within 'x'", /a directory begins with \/, ~\/ or \.\//],
      ["path(a) within []", /empty list/],
      ["path(a).host == 'x'", /`path\(…\)` has no \.host: \.name, \.extension, \.sure/],
      ["url(a) == 'x'", /`url\(…\)` needs one of its members: \.scheme/],
      ["path('x') within '/'", /asks for a path, such as/],
      ["url(a).port == 'x'", /cannot compare/],
      ["shel(a).sure", /there is no function `shel`; there are .*`shell`/],
    ] as const
  ) assert.match(ask(condition, "x"), why, condition);
});

Deno.test({
  name: "no way to write a path outside makes it one inside",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolders((root) => {
      const ask = asker(root), project = join(root, "home/me/project");
      const noise = fc.array(
        fc.constantFrom("./", "src/../", "none/../", "//", "out/../", "loop/../", "src/./../"),
        { maxLength: 5 },
      );
      const encode = fc.constantFrom(
        (text: string) => text,
        (text: string) => text.replaceAll(".", "%2e"),
        (text: string) => text.replaceAll("/", "\\"),
        (text: string) => text.replaceAll(".", "%252E"),
        (text: string) => `file://${text}`,
      );
      const targets = fc.constantFrom(
        "../.ssh/id_rsa",
        "../../../etc",
        "out/passwd",
        "../projectb/x",
      );
      fc.assert(
        fc.property(noise, targets, encode, (noise, target, encode) => {
          const text = encode(`${project}/${noise.join("")}${target}`);
          assert.notEqual(ask(`path(a) within '${project}'`, text), "true", text);
        }),
        { numRuns: 500 },
      );
    }),
});
