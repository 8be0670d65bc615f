/**
 * Completion for bash 3.2 and later; needs nothing but bash.
 *
 * @module
 */

import { calledCommands, type CommandWords, flagsWithValue, wordsAfter } from "./words.ts";

/** Writes the script to `source`. Where it has no word to offer, bash completes file names. */
export function bashScript(program: CommandWords): string {
  const { name, commands, options } = program;
  const top = [...commands.map((command) => command.name), ...options.flatMap((o) => o.flags)];
  const called = calledCommands(program);
  const cases = called.map(({ call, command }) =>
    `    '${call}') words='${wordsAfter(command, program).join(" ")}' ;;`
  );
  const parents = called.filter(({ command }) => command.commands.length > 0);
  const deeper = parents.map(({ call }) =>
    `      '${call}') command="${call} \${COMP_WORDS[i]}" ;;`
  );
  return `# bash completion for ${name}
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    --)
      ((i == COMP_CWORD - 1)) && COMPREPLY=($(compgen -c -- "$current"))
      return
      ;;
    ${flagsWithValue(program).join(" | ")})
      [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
      ((i++))
      ;;
    -*) ;;
    *)
      case $command in
      '') command=\${COMP_WORDS[i]} ;;
${deeper.join("\n")}
      esac
      ;;
    esac
  done
  case $previous in
  = | ${flagsWithValue(program).join(" | ")}) return ;;
  esac
  case $command in
    '') words='${top.join(" ")}' ;;
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`;
}
