/**
 * Commands, options and their `--help`: the parser of the command line.
 *
 * Each command's own module is imported when the command runs, so that `wrap` does not wait for
 * what only `logs` needs.
 *
 * @module
 */

import { Argument, Command, InvalidArgumentError, Option } from "commander";
import manifest from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { GLOBAL_OPTIONS, SERVE_OPTIONS, type ValueOption, WRAP_OPTIONS } from "./options.ts";

/** Surroundings that the commands are run in. */
export interface ProgramContext {
  /** The words after the first `--`; null when there is no `--`. */
  readonly serverCommand: readonly string[] | null;
  /** Takes the exit code of the command that ran. */
  readonly finish: (exitCode: number) => void;
}

/**
 * Builds the tree of commands.
 *
 * @returns The parser of what stands before `--`.
 */
export function buildProgram(context: ProgramContext): Command {
  const program = new Command("agentgate")
    .description("A gateway between AI agents and MCP servers that records every tool call.")
    .version(`agentgate ${manifest.version}`, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", examples("agentgate init", "agentgate wrap -- npx some-mcp-server"));
  addOptions(program, GLOBAL_OPTIONS);
  addWrap(program, context);
  addServe(program, context);
  addLogs(program, context);
  addDashboard(program, context);
  addInstall(program, context);
  addInit(program, context);
  addDoctor(program, context);
  addPolicy(program, context);
  addCompletions(program, context);
  program.hook("preAction", (_program, command) => {
    if (context.serverCommand !== null && command.name() !== "wrap") {
      throw new UsageError(`only wrap takes a command after "--"`);
    }
  });
  for (const [command, name] of commandsOf(program)) {
    command.showHelpAfterError(`(see ${name} --help)`);
  }
  return program;
}

/** Gives a command and all below it, each with the words that call it. */
export function* commandsOf(command: Command, before = ""): Generator<[Command, string]> {
  const name = `${before}${command.name()}`;
  yield [command, name];
  for (const inner of command.commands) yield* commandsOf(inner, `${name} `);
}

function addWrap(program: Command, { serverCommand, finish }: ProgramContext): void {
  const wrap = program.command("wrap")
    .description("start an MCP server on stdio and record the tool calls that pass")
    .usage("[options] [--] <command> [arguments...]")
    .addHelpText(
      "after",
      "\nThe first word that is no option begins the server's command, passed on as it is.",
    )
    .addHelpText(
      "after",
      examples(
        "agentgate wrap -- npx @modelcontextprotocol/server-filesystem /tmp",
        "agentgate wrap --name git --db ./git.db -- uvx mcp-server-git",
      ),
    )
    .action(async (_options, command: Command) => {
      const { wrap } = await import("./wrap.ts");
      finish(await wrap(command.optsWithGlobals(), serverCommand));
    });
  addOptions(wrap, WRAP_OPTIONS);
}

function addServe(program: Command, { finish }: ProgramContext): void {
  const serve = program.command("serve")
    .description("stand in front of a remote MCP server and record the tool calls that pass")
    .addHelpText(
      "after",
      examples(
        "agentgate serve --transport http --upstream https://example.com/mcp",
        "agentgate serve --transport sse --upstream http://localhost:3001 --port 7072",
        `agentgate serve --transport http --upstream https://example.com/mcp \\
      --header 'Authorization: Bearer \${API_TOKEN}'`,
      ),
    )
    .action(async (_options, command: Command) => {
      const { serve } = await import("./serve.ts");
      finish(await serve(command.optsWithGlobals()));
    });
  addOptions(serve, SERVE_OPTIONS);
}

function addLogs(program: Command, { finish }: ProgramContext): void {
  program.command("logs")
    .description("print the recorded tool calls, newest first")
    .option("--tool <name>", "only calls of this tool")
    .option("--server <name>", "only calls to this server")
    .option("--status <status>", "only calls that ended so: allowed, denied, error, …")
    .option("--shadow", "only calls that a rule in shadow mode would have changed")
    .option("--since <when>", "only calls since then: 15m, 2h, 7d, or a date and time")
    .option("--limit <n>", "print at most so many", "50")
    .option("--jsonl", "print one JSON object a line")
    .addOption(new Option("--csv", "print CSV (RFC 4180)").conflicts("jsonl"))
    .option("--utc", "show times, and take those of --since, in UTC instead of local time")
    .option("--follow", "go on printing calls as they are recorded, oldest first")
    .addHelpText(
      "after",
      examples(
        "agentgate logs --tool read_file --since 2h",
        "agentgate logs --status denied",
        "agentgate logs --limit 200 --jsonl",
        "agentgate logs --db /path/to/logs.db --follow",
      ),
    )
    .action(async (_options, command: Command) => {
      const { logs } = await import("./logs.ts");
      finish(await logs(command.optsWithGlobals()));
    });
}

function addDashboard(program: Command, { finish }: ProgramContext): void {
  program.command("dashboard")
    .description("print the link of the dashboard; serve it when no gateway does")
    .option("--port <n>", "the dashboard's port (default: the config's, 7070)", notEmpty)
    .option("--open", "open it in the browser")
    .addOption(new Option("--print", "print the link and end").conflicts("open"))
    .addHelpText(
      "after",
      examples(
        "agentgate dashboard --open",
        "agentgate dashboard --port 7171 --db /path/to/logs.db",
      ),
    )
    .action(async (_options, command: Command) => {
      const { dashboard } = await import("./dashboard.ts");
      finish(await dashboard(command.optsWithGlobals()));
    });
}

function addInstall(program: Command, { finish }: ProgramContext): void {
  const chosen = (command: Command) =>
    command
      .option("--client <id>", "only this client, as claude-code; again for more", collect)
      .option("--project", "the files of the project in this folder, which others use as well")
      .option("--json", "print JSON");
  const changing = (command: Command) =>
    chosen(command)
      .option("--server <name>", "only this server; again for more", collect)
      .option("--dry-run", "show what would be changed, and change nothing")
      .option("--yes", "do not ask");
  changing(program.command("install"))
    .description("put AgentGate before the servers of every client found; shows a diff and asks")
    .option("--policy <file>", "enforce this policy; again for more files, in order", collect)
    .addHelpText(
      "after",
      examples(
        "agentgate install",
        "agentgate install --client cursor --client vscode --policy ~/policy.toml",
        "agentgate install --dry-run",
      ),
    )
    .action(async (_options, command: Command) => {
      const { change } = await import("./install.ts");
      finish(await change("install", command.optsWithGlobals()));
    });
  changing(program.command("uninstall"))
    .description("take AgentGate out of clients' files again, to the byte")
    .addHelpText(
      "after",
      examples("agentgate uninstall", "agentgate uninstall --server files --yes"),
    )
    .action(async (_options, command: Command) => {
      const { change } = await import("./install.ts");
      finish(await change("uninstall", command.optsWithGlobals()));
    });
  chosen(program.command("status"))
    .description("say of each client's servers whether AgentGate stands before them")
    .addHelpText("after", examples("agentgate status", "agentgate status --client codex --json"))
    .action(async (_options, command: Command) => {
      const { status } = await import("./install.ts");
      finish(await status(command.optsWithGlobals()));
    });
}

function addInit(program: Command, { finish }: ProgramContext): void {
  program.command("init")
    .description("write a configuration and a policy to start from; overwrites nothing")
    .addHelpText("after", examples("agentgate init", "agentgate --config ./gate.toml init"))
    .action(async (_options, command: Command) => {
      const { init } = await import("./init.ts");
      finish(await init(command.optsWithGlobals()));
    });
}

function addDoctor(program: Command, { finish }: ProgramContext): void {
  program.command("doctor")
    .description("check the installation; the exit code is 1 when something is wrong")
    .addHelpText("after", examples("agentgate doctor", "agentgate doctor --config ./gate.toml"))
    .action(async (_options, command: Command) => {
      const { doctor } = await import("./doctor.ts");
      finish(await doctor(command.optsWithGlobals()));
    });
}

function addPolicy(program: Command, context: ProgramContext): void {
  const policy = program.command("policy")
    .description("check, test and explain policy files, without a gateway")
    .addHelpText(
      "after",
      examples("agentgate policy check policy.toml", "agentgate policy test policies/*.toml"),
    );
  addPolicyCheck(policy, context);
  addPolicyTest(policy, context);
  addPolicyExplain(policy, context);
  addPolicyReplay(policy, context);
  addPolicyLearn(policy, context);
  addPolicySchema(policy, context);
}

function addPolicyCheck(policy: Command, { finish }: ProgramContext): void {
  policy.command("check")
    .description("load each file on its own and print all that is wrong; exit code 2 if anything")
    .argument("<files...>", "policy files")
    .addHelpText("after", examples("agentgate policy check policy.toml"))
    .action(async (files: readonly string[]) => {
      const { check } = await import("./policy.ts");
      finish(await check(files));
    });
}

function addPolicyTest(policy: Command, { finish }: ProgramContext): void {
  policy.command("test")
    .description("run the [[tests]] of each file; exit code 1 when one fails")
    .argument("<files...>", "policy files, each tested on its own")
    .option("--together", "test the files as one policy, read in order")
    .option("--mutate", "change each rule in every simple way, and print what no test notices")
    .option("--junit <file>", "write a report in JUnit's XML as well", notEmpty)
    .option("--json <file>", "write a report in JSON as well", notEmpty)
    .addHelpText(
      "after",
      examples(
        "agentgate policy test policy.toml",
        "agentgate policy test --together base.toml team.toml",
        "agentgate policy test policies/*.toml --junit report.xml",
        "agentgate policy test policy.toml --mutate",
      ),
    )
    .action(async (files: readonly string[], _options, command: Command) => {
      const { test } = await import("./policy.ts");
      finish(await test(files, command.optsWithGlobals()));
    });
}

/** Options that describe a call which nobody has made. */
const DESCRIBED_CALL = [
  ...["tool", "arguments", "method", "params", "server", "agent", "time", "annotations"],
];

function addPolicyExplain(policy: Command, { finish }: ProgramContext): void {
  policy.command("explain")
    .description("print what each rule makes of a call, and why, and what is decided")
    .argument("[files...]", "the policy, read in order (default: the config's)")
    .option("--policy <file>", "the same; again for more files, in order", collect)
    .addOption(
      new Option(
        "--call <id>",
        "a recorded call (default: by the policy that was in force then)",
      ).argParser(notEmpty).conflicts(DESCRIBED_CALL),
    )
    .option("--tool <name>", "the tool that is called", notEmpty)
    .option("--arguments <json>", "the call's arguments, a JSON object")
    .option("--method <name>", "a request that calls no tool, as resources/read", notEmpty)
    .option("--params <json>", "that request's params, a JSON object")
    .option("--server <name>", `the server's name (default: "server")`, notEmpty)
    .option("--agent <name>", "the agent's name", notEmpty)
    .option("--time <time>", "when the call is made, as 2026-04-03T09:01:12Z (default: now)")
    .option("--annotations <json>", "what the server says of the tool, a JSON object")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      examples(
        `agentgate policy explain --policy p.toml --tool bash --arguments '{"command":"ls"}'`,
        "agentgate policy explain --tool write_file --time 2026-04-03T18:59:00Z",
        "agentgate policy explain --call 019ac5f0-3c1e-7d52-9f0a-2b7c1d4e8f10",
      ),
    )
    .action(async (files: readonly string[], _options, command: Command) => {
      const { explain } = await import("./policy.ts");
      finish(await explain(files, command.optsWithGlobals()));
    });
}

function addPolicySchema(policy: Command, { finish }: ProgramContext): void {
  policy.command("schema")
    .description("print a JSON Schema of policy files, for editors")
    .addHelpText(
      "after",
      "\nEditors find it by the first line of a policy: #:schema ./policy.schema.json",
    )
    .addHelpText("after", examples("agentgate policy schema > policy.schema.json"))
    .action(async () => {
      const { schema } = await import("./policy.ts");
      finish(await schema());
    });
}

function addPolicyReplay(policy: Command, { finish }: ProgramContext): void {
  policy.command("replay")
    .description("decide recorded calls again; exit code 1 when something is looser")
    .argument("[files...]", "the policy, read in order (default: those that were in force then)")
    .option("--against <files...>", "compare with this policy, not with what was recorded")
    .option("--since <when>", "only calls since then: 15m, 2h, 7d, or a date and time")
    .option("--until <when>", "only calls before then")
    .option("--server <name>", "only calls to this server")
    .option("--tool <name>", "only calls of this tool")
    .option("--limit <n>", "only the newest so many of them")
    .option("--expect <file>", "differences that are wanted, in TOML", notEmpty)
    .option("--promote", "decide as if rules in shadow mode were in force")
    .option("--strict", "exit code 3 when a call cannot be decided again for certain")
    .option("--json <file>", "write a report in JSON as well", notEmpty)
    .option("--junit <file>", "write a report in JUnit's XML as well", notEmpty)
    .addHelpText(
      "after",
      examples(
        "agentgate policy replay new.toml --since 7d",
        "agentgate policy replay new.toml --against old.toml --tool bash",
        "agentgate policy replay policy.toml --promote",
        "agentgate policy replay",
      ),
    )
    .action(async (files: readonly string[], _options, command: Command) => {
      const { replay } = await import("./policy/replay.ts");
      finish(await replay(files, command.optsWithGlobals()));
    });
}

function addPolicyLearn(policy: Command, { finish }: ProgramContext): void {
  policy.command("learn")
    .description("write a policy that allows what recorded calls did, and nothing else")
    .option("--server <name>", "only calls to this server")
    .option("--since <when>", "only calls since then: 15m, 2h, 7d, or a date and time")
    .option("--min-calls <n>", "calls that a tool has at least to be allowed", "3")
    .option("--root <dir>", "no rule allows a path above this folder; again for more", collect)
    .option("--name <name>", "the policy's name", "learned")
    .option("--tests <n>", "recorded calls of each tool that become tests", "2")
    .option("--out <file>", "write it to a new file (default: print it)", notEmpty)
    .addHelpText(
      "after",
      examples(
        "agentgate policy learn --server files --out files.toml",
        "agentgate policy learn --since 7d --root ~/src",
      ),
    )
    .action(async (_options, command: Command) => {
      const { learn } = await import("./policy/learn.ts");
      finish(await learn(command.optsWithGlobals()));
    });
}

function addCompletions(program: Command, { finish }: ProgramContext): void {
  program.command("completions")
    .description("print a script that completes this command line in a shell")
    .addArgument(
      new Argument("<shell>", "whose script").choices(["bash", "zsh", "fish", "powershell"]),
    )
    .addHelpText(
      "after",
      examples(
        "source <(agentgate completions bash)",
        "agentgate completions fish > ~/.config/fish/completions/agentgate.fish",
      ),
    )
    .action(async (shell) => {
      const { completions } = await import("./completions.ts");
      finish(await completions(shell, program));
    });
}

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;

function addOptions(command: Command, options: Readonly<Record<string, ValueOption>>): void {
  for (const [name, { value, text, repeats }] of Object.entries(options)) {
    const flags = `--${name} <${value}>`;
    if (repeats) command.option(flags, text, collect);
    else command.option(flags, text, notEmpty);
  }
}

/** Collects the values of an option that may be given several times. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, notEmpty(value)];
}

function notEmpty(value: string): string {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  return value;
}
