/**
 * Words of the command line, as the completion scripts need them.
 *
 * The scripts know the words when they are made. Asking the program at each press of the key would
 * mean to let the shell evaluate a line that nobody has sent off yet.
 *
 * @module
 */

import type { Command, Option } from "commander";

/** A command, or the program itself. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  /** Words that its first argument may be. */
  readonly choices: readonly string[];
  /** Whether its arguments are files. */
  readonly files: boolean;
  readonly commands: readonly CommandWords[];
  /** Whether a command line of its own follows after `--`. */
  readonly wraps: boolean;
}

/** An option. */
export interface OptionWords {
  /** As typed: `-h`, `--help`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Kind of word that follows it. */
  readonly value: "none" | "file" | "text";
}

/**
 * Reads the words off the tree; what the help hides stays hidden.
 *
 * @param inherited Flags of the program, which its commands need not repeat.
 */
export function wordsOf(command: Command, inherited: readonly string[] = []): CommandWords {
  const help = command.createHelp();
  const options = help.visibleOptions(command).map(optionWords)
    .filter(({ flags }) => !flags.some((flag) => inherited.includes(flag)));
  const known = [...inherited, ...options.flatMap(({ flags }) => flags)];
  return {
    name: command.name(),
    description: command.description(),
    options,
    choices: command.registeredArguments[0]?.argChoices ?? [],
    files: /^files?$/.test(command.registeredArguments[0]?.name() ?? ""),
    commands: help.visibleCommands(command).map((inner) => wordsOf(inner, known)),
    wraps: command.usage().includes("--"),
  };
}

function optionWords({ short, long, description, flags }: Option): OptionWords {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value: /[<[]file/.test(flags) ? "file" : /[<[]/.test(flags) ? "text" : "none",
  };
}

/** Finds the flags that take the next word, of the program and of all its commands. */
export function flagsWithValue({ options, commands }: CommandWords): string[] {
  const own = options.filter(({ value }) => value !== "none").flatMap(({ flags }) => flags);
  return [...new Set([...own, ...commands.flatMap(flagsWithValue)])];
}

/** A command and the words that call it, the program's name left out. */
export interface CalledCommand {
  readonly call: string;
  readonly command: CommandWords;
}

/** Lists all commands below one, each before its own. */
export function calledCommands({ commands }: CommandWords, before = ""): CalledCommand[] {
  return commands.flatMap((command) => {
    const call = `${before}${command.name}`;
    return [{ call, command }, ...calledCommands(command, `${call} `)];
  });
}

/**
 * Lists the words that can follow a command: the commands below it, its choices, its options, the
 * program's, and `--` where it is needed.
 */
export function wordsAfter(command: CommandWords, program: CommandWords): string[] {
  const flags = [...command.options, ...program.options].flatMap((option) => option.flags);
  const names = command.commands.map(({ name }) => name);
  return [...names, ...command.choices, ...flags, ...(command.wraps ? ["--"] : [])];
}

/** Puts a text in single quotes, as bash, zsh and fish read them. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
