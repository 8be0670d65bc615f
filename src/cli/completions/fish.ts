/**
 * Completion for fish.
 *
 * @module
 */

import { type CommandWords, type OptionWords, singleQuoted } from "./words.ts";

/** Writes the script, one `complete` a word. */
export function fishScript(program: CommandWords): string {
  const { name, options, commands } = program;
  const behindDashes = `__${name}_behind_dashes`;
  const lines = [
    `function ${behindDashes}; contains -- -- (commandline -opc); end`,
    `complete -c ${name} -f`,
    `complete -c ${name} -n ${behindDashes} -F -a '(__fish_complete_command)'`,
    ...options.map((option) =>
      `complete -c ${name} -n 'not ${behindDashes}' ${optionWords(option)}`
    ),
  ];
  for (const command of commands) {
    lines.push(
      `complete -c ${name} -n __fish_use_subcommand -a ${command.name} ` +
        `-d ${singleQuoted(command.description)}`,
      ...commandLines(command, [command.name], { name, behindDashes }),
    );
  }
  return `# fish completion for ${name}\n${lines.join("\n")}\n`;
}

/** Offers the words that can follow a command, and the commands below it. */
function commandLines(
  command: CommandWords,
  call: readonly string[],
  script: { readonly name: string; readonly behindDashes: string },
): string[] {
  const seen = call.map((word) => `; and __fish_seen_subcommand_from ${word}`).join("");
  const chosen = `not ${script.behindDashes}${seen}`;
  const add = (words: string, when = chosen) => `complete -c ${script.name} -n '${when}' ${words}`;
  const names = command.commands.map((inner) => inner.name);
  const undecided = `${chosen}; and not __fish_seen_subcommand_from ${names.join(" ")}`;
  return [
    ...command.options.map((option) => add(optionWords(option))),
    ...(command.choices.length > 0 ? [add(`-a '${command.choices.join(" ")}'`)] : []),
    ...(command.files ? [add("-F")] : []),
    ...(command.wraps ? [add("-a '--'")] : []),
    ...command.commands.flatMap((inner) => [
      add(`-a ${inner.name} -d ${singleQuoted(inner.description)}`, undecided),
      ...commandLines(inner, [...call, inner.name], script),
    ]),
  ];
}

function optionWords({ flags, description, value }: OptionWords): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag[1]}`
  );
  const takes = { none: "", file: " -r -F", text: " -x" }[value];
  return `${names.join(" ")}${takes} -d ${singleQuoted(description)}`;
}
