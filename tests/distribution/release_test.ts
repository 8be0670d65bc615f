import assert from "node:assert/strict";
import { TARGETS } from "../../scripts/compile.ts";
import { manPage } from "../../scripts/man_page.ts";
import { bill, checkTag, formula, scoop } from "../../scripts/release_files.ts";
import { runToEnd } from "../../scripts/trial.ts";
import { PROJECT } from "../e2e/gateway.ts";

const SUMS = new Map(TARGETS.map((target, n) => [
  `agentgate-${target}${target.includes("windows") ? ".zip" : ".tar.gz"}`,
  `${n}`.repeat(64),
]));

Deno.test("the formula and the manifest name each archive with its sum", () => {
  const brew = formula("1.2.3", SUMS);
  for (const [name, sum] of SUMS) {
    if (name.endsWith(".zip")) continue;
    assert.match(brew, new RegExp(`/v1\\.2\\.3/${name}"\\n\\s+sha256 "${sum}"`));
  }
  const { architecture: { "64bit": { url, hash } } } = JSON.parse(scoop("1.2.3", SUMS));
  assert.deepEqual(
    [url.split("/").at(-1), hash],
    ["agentgate-x86_64-pc-windows-msvc.zip", "4".repeat(64)],
  );
  assert.throws(() => formula("1.2.3", new Map()), /There is no archive for/);
});

Deno.test("a tag that is not the version's makes no release", () => {
  checkTag("v1.2.3", "1.2.3");
  checkTag(undefined, "1.2.3");
  assert.throws(() => checkTag("v1.2.4", "1.2.3"), /v1\.2\.4 is not v1\.2\.3/);
});

Deno.test("the bill of materials has every package of the lock file, with its hash", () => {
  const { components } = JSON.parse(bill());
  assert.ok(components.length > 20);
  const undici = components.find(({ name }: { name: string }) => name === "undici");
  assert.equal(undici.purl, `pkg:npm/undici@${undici.version}`);
  assert.deepEqual(
    undici.hashes.map(({ alg, content }: { alg: string; content: string }) => [
      alg,
      content.length,
    ]),
    [["SHA-512", 128]],
  );
});

/** Runs a checker of somebody else's on files of ours. */
async function clean(program: string, args: readonly string[], input = ""): Promise<void> {
  const { code, stdout } = await runToEnd(program, { args: [...args], cwd: PROJECT }, input);
  assert.equal(code, 0, stdout);
}

async function has(program: string): Promise<boolean> {
  const found = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] }).output()
    .then(({ success }) => success, () => false);
  if (!found) console.error(`${program} is not here: what it checks is not checked`);
  return found;
}

Deno.test({
  name: "shellcheck finds nothing in our scripts",
  ignore: !await has("shellcheck"),
  fn: () => clean("shellcheck", ["install.sh", ".ci/run"]),
});

Deno.test({
  name: "mandoc finds nothing in the manual",
  ignore: !await has("mandoc"),
  fn: () => clean("mandoc", ["-T", "lint", "-W", "warning"], manPage()),
});
