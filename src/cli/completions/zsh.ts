/**
 * Completion for zsh.
 *
 * @module
 */

import { type CommandWords, type OptionWords, singleQuoted } from "./words.ts";

/** Writes the script: to `source`, or to put as `_agentgate` into a folder of `$fpath`. */
export function zshScript(program: CommandWords): string {
  const { name, commands } = program;
  return `#compdef ${name}
# zsh completion for ${name}
_${name}() {
  local curcontext="$curcontext" state
  local -a global
  local -i separator=\${words[(I)--]}
  if ((separator && CURRENT > separator)); then
    words=("\${(@)words[separator + 1,-1]}")
    ((CURRENT -= separator))
    _normal
    return
  fi
  global=(${program.options.map(optionSpec).join(" ")})
${commandChoice(commands, "  ")}
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

/** Offers the commands, and behind one of them the words that can follow it. */
function commandChoice(commands: readonly CommandWords[], indent: string): string {
  const described = commands.map(({ name, description }) => singleQuoted(`${name}:${description}`));
  const cases = commands.map((command) => {
    const words = [...command.options.map(optionSpec), ...argumentSpec(command)].join(" ");
    const body = command.commands.length > 0
      ? `\n${commandChoice(command.commands, `${indent}        `)}\n${indent}        ;;`
      : ` _arguments $global ${words} ;;`;
    return `${indent}    ${command.name})${body}`;
  });
  return [
    "state=",
    "_arguments -C $global '1:command:->command' '*::argument:->argument'",
    "case $state in",
    "  command)",
    `    local -a subcommands=(${described.join(" ")})`,
    "    _describe -t commands command subcommands",
    "    ;;",
    "  argument)",
    "    case $words[1] in",
    ...cases.map((line) => `  ${line.slice(indent.length)}`),
    "    esac",
    "    ;;",
    "esac",
  ].map((line) => `${indent}${line}`).join("\n");
}

/** One `_arguments` specification for each way to write an option, each excluding the others. */
function optionSpec({ flags, description, value }: OptionWords): string {
  const text = description.replace(/[[\]:]/g, "\\$&");
  const action = { none: "", file: ":file:_files", text: ":value: " }[value];
  return flags.map((flag) => singleQuoted(`(${flags.join(" ")})${flag}[${text}]${action}`)).join(
    " ",
  );
}

function argumentSpec({ choices, files, wraps }: CommandWords): string[] {
  if (choices.length > 0) return [singleQuoted(`1:argument:(${choices.join(" ")})`)];
  if (files) return [singleQuoted("*:file:_files")];
  return wraps ? [singleQuoted("1:separator:(--)")] : [];
}
