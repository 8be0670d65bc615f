/**
 * Completion for PowerShell 5 and later.
 *
 * @module
 */

import { calledCommands, type CommandWords, flagsWithValue, wordsAfter } from "./words.ts";

/** Writes the script for `$PROFILE`. Where it has no word to offer, file names are completed. */
export function powershellScript(program: CommandWords): string {
  const { name, options, commands } = program;
  const top = [...commands.map((command) => command.name), ...options.flatMap((o) => o.flags)];
  const called = calledCommands(program);
  const entries = called.map(({ call, command }) =>
    `    ${quoted(call)} = ${list(wordsAfter(command, program))}`
  );
  const parents = called.filter(({ command }) => command.commands.length > 0);
  return `# PowerShell completion for ${name}
Register-ArgumentCompleter -Native -CommandName ${quoted(name)} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @{
    '' = ${list(top)}
${entries.join("\n")}
  }
  $valued = ${list(flagsWithValue(program))}
  $parents = ${list(parents.map(({ call }) => call))}
  $command = ''
  $previous = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.Extent.Text
    if ($word -eq '--') { return }
    if (-not $word.StartsWith('-') -and $valued -notcontains $previous) {
      if ($command -eq '') { $command = $word }
      elseif ($parents -contains $command) { $command = "$command $word" }
    }
    $previous = $word
  }
  if ($valued -contains $previous) { return }
  $words[$command] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const list = (words: readonly string[]): string => `@(${words.map(quoted).join(", ")})`;
