import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { compileCondition } from "../../src/expr/condition.ts";
import { nameOf } from "../../src/expr/ternary.ts";
import { pathMatcher } from "../../src/matchers/path_matcher.ts";
import { urlMatcher } from "../../src/matchers/url_matcher.ts";
import corpus from "./corpus/paths.json" with { type: "json" };

interface Env {
  readonly a: unknown;
}

/** What the corpus says of a text; `{root}`, `{me}` and `{project}` stand for folders. */
interface Entry {
  readonly text: string;
  /** Its readings. */
  readonly paths: readonly string[];
  /** True where it is absent. */
  readonly sure?: boolean;
}

/** Texts that must not count as inside the project, and texts that must. */
const { evasions, honest }: Readonly<Record<"evasions" | "honest", readonly Entry[]>> = corpus;

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
    await Deno.mkdir(join(root, "srv"));
    await Deno.symlink(join(root, "srv"), join(project, "away"));
    await Deno.symlink("away", join(project, "chain"));
    await Deno.symlink("..", join(project, "up"));
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function matcherIn(root: string) {
  return pathMatcher({
    cwd: join(root, "home/me/project"),
    home: join(root, "home/me"),
    isCaseless: false,
    resolvesPaths: true,
  });
}

function asker(root: string) {
  const matchers = new Map([
    [
      "path",
      matcherIn(root),
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

Deno.test({
  name: "path(…): every text of the corpus is read as it says, and no evasion is taken for honest",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFolders((root) => {
      assert.ok(evasions.length >= 60 && honest.length >= 50);
      const ask = asker(root), matcher = matcherIn(root), project = join(root, "home/me/project");
      const filled = (text: string) =>
        text.replaceAll("{project}", project).replaceAll("{me}", join(root, "home/me"))
          .replaceAll("{root}", root);
      for (const { text, paths, sure = true } of [...evasions, ...honest]) {
        const { values, isSure } = matcher.read(filled(text), "", { lookups: 0 });
        assert.deepEqual(values, paths.map(filled), JSON.stringify(text));
        assert.equal(isSure, sure, JSON.stringify(text));
      }
      const within = ({ text }: Entry) => ask(`path(a) within '${project}'`, filled(text));
      for (const entry of evasions) assert.notEqual(within(entry), "true", entry.text);
      for (const entry of honest) assert.equal(within(entry), "true", entry.text);
    }),
});

Deno.test("path(…) without case: neither composition nor old letters make another path", () => {
  const matcher = pathMatcher({
    ...{ cwd: "/Users/me", home: "/Users/me", isCaseless: true, resolvesPaths: false },
  });
  const [home] = matcher.directories!("/Users/Me/.SSH/Zo\u00e9")!;
  for (const text of [".ssh/zo\u00e9", ".Ssh/ZOE\u0301", ".\u017f\u017fh/zoe\u0301"]) {
    assert.deepEqual(matcher.read(text, "", { lookups: 0 }).values, [home], text);
  }
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
