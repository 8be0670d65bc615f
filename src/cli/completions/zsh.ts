/**
 * Completion for zsh.
 *
 * @module
 */

import { type CommandWords, type OptionWords, singleQuoted } from "./words.ts";

/** The script: to `source`, or to put as `_agentgate` into a folder of `$fpath`. */
export function zshScript(program: CommandWords): string {
  const { name, commands } = program;
  const described = commands.map((command) =>
    singleQuoted(`${command.name}:${command.description}`)
  );
  const cases = commands.map((command) => {
    const words = [...command.options.map(optionSpec), ...argumentSpec(command)];
    return `        ${command.name}) _arguments $global ${words.join(" ")} ;;`;
  });
  return `#compdef ${name}
# zsh completion for ${name}
_${name}() {
  local curcontext="$curcontext" state
  local -a global subcommands
  local -i separator=\${words[(I)--]}
  if ((separator && CURRENT > separator)); then
    words=("\${(@)words[separator + 1,-1]}")
    ((CURRENT -= separator))
    _normal
    return
  fi
  global=(${program.options.map(optionSpec).join(" ")})
  subcommands=(${described.join(" ")})
  _arguments -C $global '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe -t commands command subcommands ;;
    argument)
      case $words[1] in
${cases.join("\n")}
      esac
      ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

/** One `_arguments` specification for each way to write an option, each excluding the others. */
function optionSpec({ flags, description, value }: OptionWords): string {
  const text = description.replace(/[[\]:]/g, "\\$&");
  const action = { none: "", file: ":file:_files", text: ":value: " }[value];
  return flags.map((flag) => singleQuoted(`(${flags.join(" ")})${flag}[${text}]${action}`)).join(
    " ",
  );
}

function argumentSpec({ choices, wraps }: CommandWords): string[] {
  if (choices.length > 0) return [singleQuoted(`1:argument:(${choices.join(" ")})`)];
  return wraps ? [singleQuoted("1:separator:(--)")] : [];
}
