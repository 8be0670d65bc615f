/**
 * The manual page, made of the commands' own words.
 *
 * @module
 */

import type { Command } from "commander";
import { buildProgram, commandsOf } from "../src/cli/program.ts";

/** The text of agentgate(1), in mdoc(7). */
export function manPage(): string {
  const program = buildProgram({ serverCommand: null, finish: () => {} });
  const commands = [...commandsOf(program)].filter(([command]) => command.commands.length === 0);
  return [
    '.\\" Generated from the program by scripts/man_page.ts: deno task generate.',
    ".Dd November 26, 2026",
    ".Dt AGENTGATE 1",
    ".Os",
    ".Sh NAME",
    ".Nm agentgate",
    ".Nd gateway between AI agents and MCP servers",
    ".Sh SYNOPSIS",
    ...commands.flatMap(([command, name]) => [
      ".Nm",
      `.Cm ${escaped(name.replace(/^agentgate /, ""))}`,
      escaped(command.usage()),
    ]),
    ".Sh DESCRIPTION",
    escaped(program.description()),
    ".Pp",
    "Options of all commands:",
    ...optionsOf(program),
    ...commands.flatMap(([command, name]) => [
      `.Ss ${escaped(name.replace(/^agentgate /, ""))}`,
      sentence(command.description()),
      ...optionsOf(command),
    ]),
    ".Sh FILES",
    ".Bl -tag -width Ds",
    ...fileOf("~/.agentgate/config.toml", "the configuration; AGENTGATE_HOME names another folder"),
    ...fileOf("~/.agentgate/logs.db", "the audit log"),
    ...fileOf("~/.agentgate/dashboard.key", "the key of the dashboard"),
    ".El",
    ".Sh EXIT STATUS",
    ".Nm",
    "ends with 0, with 2 for words or files that cannot be used, and with 1 when something was lost or",
    "is wrong.",
    ".Cm wrap",
    "ends as the server does: with its own code, 128 + n for a signal, 127 when it cannot be started.",
    "",
  ].join("\n");
}

function optionsOf({ options }: Command): string[] {
  if (options.length === 0) return [];
  return [
    ".Bl -tag -width Ds",
    ...options.flatMap(({ flags, description }) => [
      `.It ${escaped(flags)}`,
      sentence(description),
    ]),
    ".El",
  ];
}

function fileOf(path: string, text: string): string[] {
  return [`.It Pa ${escaped(path)}`, sentence(text)];
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  const words = text[0]!.toUpperCase() + text.slice(1);
  return escaped(/[.…]$/.test(words) ? words : `${words}.`);
}

/** A text that roff takes for nothing but itself. */
function escaped(text: string): string {
  const plain = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...");
  return plain.replaceAll(/^(?=[.'])/gm, "\\&").replaceAll(/(?<=^|\s)(?=[A-Z][a-z]\b)/g, "\\&");
}
