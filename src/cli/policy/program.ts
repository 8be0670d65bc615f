/**
 * The commands of `agentgate policy`; each loads its module when it is called.
 *
 * @module
 */

import { type Command, Option } from "commander";
import { collect, examples, notEmpty, type ProgramContext } from "../program_parts.ts";

/** Adds `agentgate policy` and what belongs to it. */
export function addPolicy(program: Command, context: ProgramContext): void {
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
      const { check } = await import("../policy.ts");
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
      const { test } = await import("../policy.ts");
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
      const { explain } = await import("../policy.ts");
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
      const { schema } = await import("../policy.ts");
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
      const { replay } = await import("./replay.ts");
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
      const { learn } = await import("./learn.ts");
      finish(await learn(command.optsWithGlobals()));
    });
}
