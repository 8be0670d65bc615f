import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { withHome } from "./agentgate.ts";

const COMMANDS = [
  "wrap",
  "logs",
  "dashboard",
  "init",
  "doctor",
  "policy",
  "policy check",
  "policy test",
  "policy explain",
  "completions",
];

Deno.test("--help of the program and of each command is on stdout, with examples", async () => {
  await withHome(async (home) => {
    const runs = [["--help"], ...COMMANDS.map((command) => [...command.split(" "), "--help"])];
    for (const args of [...runs, ["help", "logs"], ["-h"]]) {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stderr], [0, ""], args.join(" "));
      assert.match(stdout, /^Usage: agentgate/);
      assert.match(stdout, /\nExamples:\n {2}\$ /);
      assert.match(stdout, /--config <file>/);
    }
  });
});

Deno.test("--version prints the version of deno.json", async () => {
  await withHome(async (home) => {
    for (const args of [["--version"], ["-V"]]) {
      assert.deepEqual(await home.run(args), {
        code: 0,
        stdout: `agentgate ${manifest.version}\n`,
        stderr: "",
      });
    }
  });
});

/** What is typed, and what stderr must say of it; exit code 2. */
const MISUSES: readonly (readonly [args: string[], complaint: RegExp])[] = [
  [[], /^Usage: agentgate/],
  [["lgos"], /unknown command 'lgos'\n\(Did you mean logs\?\)/],
  [["logs", "--limt", "5"], /unknown option '--limt'\n\(Did you mean --limit\?\)/],
  [["logs", "extra"], /too many arguments/],
  [["logs", "--jsonl", "--csv"], /cannot be used with/],
  [["logs", "--db", ""], /must not be empty/],
  [["logs", "--", "npx"], /only wrap takes a command after "--"/],
  [["policy"], /^Usage: agentgate policy/],
  [["policy", "tst"], /unknown command 'tst'\n\(Did you mean test\?\)/],
  [["policy", "check"], /missing required argument 'files'\n\(see agentgate policy check --help\)/],
  [["policy", "explain"], /required option '--tool <name>' not specified/],
  [["policy", "test", "a.toml", "--", "npx"], /only wrap takes a command after "--"/],
  [["completions", "tcsh"], /Allowed choices are bash, zsh, fish, powershell/],
  [["logs", "--config", "missing.toml"], /there is no config file .*missing\.toml/],
  [["--config", "missing.toml", "wrap", "--", "true"], /there is no config file .*missing\.toml/],
];

for (const [args, complaint] of MISUSES) {
  Deno.test(`agentgate ${args.join(" ")} is a misuse, exit code 2`, async () => {
    await withHome(async (home) => {
      const { code, stdout, stderr } = await home.run(args);
      assert.match(stderr, complaint);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  });
}

const WITHOUT_COMMAND = [["wrap"], ["wrap", "--"], ["wrap", "--name", "n"], ["wrap", "--db=x"]];

for (const args of WITHOUT_COMMAND) {
  Deno.test(`agentgate ${args.join(" ")} asks for the server's command`, async () => {
    await withHome(async (home) => {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^error: wrap needs the server's command:/);
      assert.match(stderr, /agentgate wrap \[options\] -- <command> \[arguments\.\.\.\]/);
    });
  });
}

Deno.test("wrap refuses unknown options before the server's command", async () => {
  await withHome(async (home) => {
    for (const command of [["--", "true"], ["true"]]) {
      const { code, stderr } = await home.run(["wrap", "--nam", ...command]);
      assert.equal(code, 2);
      assert.match(stderr, /--name/);
    }
  });
});

for (const dashes of [["--"], []]) {
  const words = ["wrap", "--name", "n", ...dashes, "none-such", "--", "--db", "x"];
  Deno.test(`agentgate ${words.join(" ")} starts the server's command`, async () => {
    await withHome(async (home) => {
      const { code, stderr } = await home.run(words);
      assert.equal(code, 127);
      assert.match(stderr, /cannot start the server: none-such: no such program/);
    });
  });
}

Deno.test("wrap refuses to start with a policy that does not load, and says all that is wrong", async () => {
  await withHome(async (home) => {
    const config = await home.write("c.toml", `policy_path = "p.toml"`);
    await home.write("p.toml", `[[rules]]\nid = "a"\ntool = "x"\naction = "dny"\nfoo = 1\n[x]\n`);
    for (const args of [["--policy", "p.toml"], ["--config", config]]) {
      const { code, stdout, stderr } = await home.run(["wrap", ...args, "--", "true"]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /p\.toml:4:10: action must be one of .* did you mean "deny"\?/);
      assert.match(stderr, /p\.toml:6:2: unknown key "x"/);
    }
    const missing = await home.run(["wrap", "--policy", "none.toml", "--", "true"]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /none\.toml: no such file/);
  });
});

Deno.test("global options mean the same before and after the command word", async () => {
  await withHome(async (home) => {
    const config = await home.write("c.toml", `db_path = "from-config.db"`);
    const orders = [["--config", config, "logs"], ["logs", "--config", config]];
    for (const args of orders) {
      const { code, stderr } = await home.run(args);
      assert.equal(code, 1);
      assert.ok(stderr.includes(home.path("from-config.db")), stderr);
    }
    for (const args of [["--db=flag.db", "logs"], ["logs", "--db", "flag.db"]]) {
      const { stderr } = await home.run([...args, "--config", config]);
      assert.ok(stderr.includes(home.path("flag.db")), stderr);
    }
  });
});

Deno.test("a config that does not load stops every command that reads it", async () => {
  await withHome(async (home) => {
    const path = await home.write(".agentgate/config.toml", `log_level = "info"\nmetrics_prt = 1`);
    for (const args of [["logs"], ["wrap", "--", "true"]]) {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.ok(
        stderr.includes(`${path}:2:1: unknown key "metrics_prt"; did you mean "metrics_port"?`),
      );
    }
  });
});

Deno.test("the program says what to set when there is no home folder", async () => {
  await withHome(async (home) => {
    const { code, stderr } = await home.run(["logs"], { HOME: "", USERPROFILE: "" });
    assert.equal(code, 2);
    assert.match(stderr, /AGENTGATE_HOME/);
  });
});

/** A server that ends at once. */
const NO_SERVER = ["--", Deno.execPath(), "eval", ""];

Deno.test("wrap names the server: --name, then server_name, then its command line", async () => {
  await withHome(async (home) => {
    const config = await home.write("c.toml", `log_format = "json"\nserver_name = "configured"`);
    for (
      const [options, name] of [
        [["--name", "flagged", "--config", config], "flagged"],
        [["--config", config], "configured"],
        [[], "deno"],
      ] as const
    ) {
      const { code, stdout, stderr } = await home.run(["wrap", ...options, ...NO_SERVER]);
      assert.deepEqual([code, stdout], [0, ""], stderr);
      assert.match(stderr, new RegExp(`wrapping ${name}\\b`));
    }
  });
});
