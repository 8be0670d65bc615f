/**
 * The commands of `agentgate fleet`; each loads its module when it is called.
 *
 * @module
 */

import type { Command } from "commander";
import { examples, notEmpty, type ProgramContext } from "../program_parts.ts";

/** Adds `agentgate fleet` and what belongs to it. */
export function addFleet(program: Command, { finish }: ProgramContext): void {
  const fleet = program.command("fleet")
    .description("one audit log of many machines, in PostgreSQL")
    .addHelpText("after", examples("agentgate fleet migrate", "agentgate fleet status"));
  fleet.command("schema")
    .description("print the SQL of its tables and roles; nothing is connected to")
    .addHelpText("after", examples("agentgate fleet schema | psql agentgate"))
    .action(async () => {
      const { schema } = await import("../fleet.ts");
      finish(await schema());
    });
  fleet.command("migrate")
    .description("make its tables and roles, or bring them up to date")
    .option(
      "--postgres <url>",
      "as this user, who may create them (default: the config's)",
      notEmpty,
    )
    .addHelpText(
      "after",
      examples("agentgate fleet migrate --postgres postgres://admin@db.example.com/agentgate"),
    )
    .action(async (_options, command: Command) => {
      const { migrate } = await import("../fleet.ts");
      finish(await migrate(command.optsWithGlobals()));
    });
  fleet.command("status")
    .description("say how many records wait for PostgreSQL; the exit code is 1 when it takes none")
    .addHelpText("after", examples("agentgate fleet status"))
    .action(async (_options, command: Command) => {
      const { status } = await import("../fleet.ts");
      finish(await status(command.optsWithGlobals()));
    });
}
