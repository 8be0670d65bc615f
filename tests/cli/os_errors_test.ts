import assert from "node:assert/strict";
import { type Home, makeDatabase, withHome } from "./agentgate.ts";

const ignore = Deno.build.os !== "linux";
const ESCAPE =
  `[[rules]]\nid = "x"\ntool = "*"\naction = "deny"\ncondition = "tool matches '\\d+'"\n`;

/** What is typed, and what is said of it: one sentence with the path, and nothing of the inside. */
const SAID: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [
    ["wrap", "--policy", "/tmp", "--", "cat"],
    2,
    /cannot read the policy file \/tmp: it is a folder$/,
  ],
  [
    ["wrap", "--config", "/tmp", "--", "cat"],
    2,
    /cannot read the config file \/tmp: it is a folder$/,
  ],
  [["wrap", "--", "/tmp"], 127, /cannot start the server: \/tmp: it is a folder$/],
  [["wrap", "--", "/etc/passwd"], 127, /: \/etc\/passwd: permission denied$/],
  [["wrap", "--", "/etc/passwd/x"], 127, /\/etc\/passwd\/x: a part of the path is no folder$/],
  [
    ["wrap", "--", "./no-interpreter"],
    127,
    /the program that its first line \(#!\) names is missing$/,
  ],
  [["wrap", "--db", "/tmp", "--", "cat"], 1, /the audit log \/tmp: it is a folder\. /],
  [["wrap", "--db", "/etc/passwd/x", "--", "cat"], 1, /x: \/etc\/passwd is no folder\. /],
  [["logs", "--db", "/tmp"], 1, /the audit log \/tmp: it is a folder\. /],
  [["policy", "check", "/tmp"], 2, /cannot read the policy file \/tmp: it is a folder$/],
  [["policy", "check", "utf16.toml"], 2, /utf16\.toml: it is not UTF-8 but UTF-16, /],
  [["policy", "check", "latin1.toml"], 2, /latin1\.toml: it is not UTF-8 \(line 2\), but Latin-1 /],
  [
    ["policy", "check", "escape.toml"],
    2,
    /escape\.toml:5:\d+: .* write '…' \(or '''…'''\) instead/,
  ],
  [
    ["policy", "test", "good.toml", "--junit", "/tmp"],
    2,
    /cannot write the report \/tmp: it is a folder$/,
  ],
  [
    ["init", "--config", "/etc/passwd/x/c.toml"],
    1,
    /cannot write .*: a part of the path is no folder$/,
  ],
];

async function withFiles(test: (home: Home) => Promise<void>): Promise<void> {
  await withHome(async (home) => {
    const text = "[metadata]\n# groß\ndefault = 'allow'\n";
    await home.write("good.toml", text);
    await home.write("escape.toml", ESCAPE);
    await Deno.chmod(await home.write("no-interpreter", "#!/nowhere/sh\n"), 0o755);
    await Deno.writeFile(
      home.path("utf16.toml"),
      new Uint8Array(
        new Uint16Array([...`\ufeff${text}`]
          .map((c) => c.charCodeAt(0))).buffer,
      ),
    );
    await Deno.writeFile(home.path("latin1.toml"), Uint8Array.from(text, (c) => c.charCodeAt(0)));
    await test(home);
  });
}

Deno.test({
  name: "what the operating system refuses is one sentence with the path",
  ignore,
  fn: () =>
    withFiles(async (home) => {
      for (const [args, code, says] of SAID) {
        const ended = await home.run(args);
        const said = ended.stderr.trim().split("\n").at(args[2]?.startsWith("escape") ? 0 : -1)!;
        assert.match(said, says, args.join(" "));
        assert.equal(ended.code, code, args.join(" "));
        assert.doesNotMatch(ended.stderr, /os error|\n {4}at /);
      }
    }),
});

Deno.test({
  name: "an output that is full is one sentence",
  ignore,
  fn: () =>
    withFiles(async (home) => {
      await Deno.mkdir(home.path(".agentgate"));
      makeDatabase(home.path(".agentgate", "logs.db"), [{ timestamp: "2026-04-03T09:01:12+00:00" }])
        .close();
      for (const command of ["logs", "policy check good.toml", "policy test good.toml", "--help"]) {
        const { code, stderr } = await home.runInShell(`"$@" > /dev/full`, command.split(" "));
        assert.deepEqual([code, stderr], [
          1,
          "error: cannot write the output: no space left on device\n",
        ]);
      }
    }),
});

Deno.test({
  name: "doctor names the check and the path that it could not look at",
  ignore,
  fn: () =>
    withHome(async (home) => {
      const { stdout } = await home.run(["doctor"], { HOME: "/proc/nobody" });
      assert.match(
        stdout,
        /\[!!\] {2}DB path is not writable: \/proc\/nobody\/\S+: no file can be made/,
      );
      const other = await home.run(["doctor"], { AGENTGATE_HOME: "/etc/passwd/x" });
      assert.match(
        other.stdout,
        /\[!!\] {2}Config directory: \/etc\/passwd\/x: a part of the path/,
      );
    }),
});
