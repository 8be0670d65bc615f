/**
 * Commands, options and their `--help`: the parser of the command line.
 *
 * Each command's own module is imported when the command runs, so that `wrap` does not wait for
 * what only `logs` needs.
 *
 * @module
 */

import { Argument, Command, Option } from "commander";
import manifest from "../../deno.json" with { type: "json" };
import { UsageError } from "../errors.ts";
import { addFleet } from "./fleet/program.ts";
import { addPolicy } from "./policy/program.ts";
import { collect, examples, notEmpty, type ProgramContext } from "./program_parts.ts";
import { GLOBAL_OPTIONS, SERVE_OPTIONS, type ValueOption, WRAP_OPTIONS } from "./options.ts";

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
  addFleet(program, context);
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
    .option("--fleet", "show the calls of all machines that share a PostgreSQL (port 7071)")
    .option("--open", "open it in the browser")
    .addOption(new Option("--print", "print the link and end").conflicts("open"))
    .addHelpText(
      "after",
      examples(
        "agentgate dashboard --open",
        "agentgate dashboard --port 7171 --db /path/to/logs.db",
        "agentgate dashboard --fleet --open",
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

function addOptions(command: Command, options: Readonly<Record<string, ValueOption>>): void {
  for (const [name, { value, text, repeats }] of Object.entries(options)) {
    const flags = `--${name} <${value}>`;
    if (repeats) command.option(flags, text, collect);
    else command.option(flags, text, notEmpty);
  }
}
