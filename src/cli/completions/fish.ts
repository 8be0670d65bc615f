/**
 * Completion for fish.
 *
 * @module
 */

import { type CommandWords, type OptionWords, singleQuoted } from "./words.ts";

/** The script, one `complete` a word. */
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
    const chosen = `not ${behindDashes}; and __fish_seen_subcommand_from ${command.name}`;
    const add = (words: string) => lines.push(`complete -c ${name} -n '${chosen}' ${words}`);
    lines.push(
      `complete -c ${name} -n __fish_use_subcommand -a ${command.name} ` +
        `-d ${singleQuoted(command.description)}`,
    );
    for (const option of command.options) add(optionWords(option));
    if (command.choices.length > 0) add(`-a '${command.choices.join(" ")}'`);
    if (command.wraps) add("-a '--'");
  }
  return `# fish completion for ${name}\n${lines.join("\n")}\n`;
}

function optionWords({ flags, description, value }: OptionWords): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag[1]}`
  );
  const takes = { none: "", file: " -r -F", text: " -x" }[value];
  return `${names.join(" ")}${takes} -d ${singleQuoted(description)}`;
}
