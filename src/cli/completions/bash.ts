/**
 * Completion for bash 3.2 and later; needs nothing but bash.
 *
 * @module
 */

import { type CommandWords, flagsWithValue, wordsAfter } from "./words.ts";

/** The script to `source`. Where it has no word to offer, bash completes file names. */
export function bashScript(program: CommandWords): string {
  const { name, commands, options } = program;
  const top = [...commands.map((command) => command.name), ...options.flatMap((o) => o.flags)];
  const cases = commands.map((command) =>
    `    ${command.name}) words='${wordsAfter(command, program).join(" ")}' ;;`
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
    *) [[ -z $command ]] && command=\${COMP_WORDS[i]} ;;
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
