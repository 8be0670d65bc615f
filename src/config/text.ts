/**
 * The settings as a config file for people to start from, made from their declarations.
 *
 * @module
 */

import type { Setting, Settings } from "./kinds.ts";
import { SETTINGS } from "./settings.ts";

/** Column at which the meaning of a setting begins. */
const TEXT_COLUMN = 40;

const HEADER =
  `# AgentGate's configuration. Every key is optional, and flags on the command line win. What is
# commented out shows its default, or an example where there is none. Text may hold \${VARIABLES} in
# paths and keys; write $\${ for a plain \${. A relative path starts at this file's folder, ~ is your
# home folder.
`;

/** Makes the text of a whole config file, for `agentgate init` to write. */
export function configText(): string {
  return `${HEADER}\n${tableText(SETTINGS)}`;
}

function tableText(settings: Settings): string {
  return Object.values(settings).map((declared) => {
    if (!("settings" in declared)) return settingText(declared);
    const inner = Object.values(declared.settings);
    const header = inner.some((setting) => "isSet" in setting && setting.isSet)
      ? `[${declared.key}]`
      : `# [${declared.key}]`;
    return `\n${aligned(header, declared.text)}${tableText(declared.settings)}`;
  }).join("");
}

function settingText({ key, example, isSet, text }: Setting<unknown>): string {
  return aligned(`${isSet ? "" : "# "}${key} = ${example}`, text);
}

function aligned(line: string, text: string): string {
  return `${line.padEnd(TEXT_COLUMN)} # ${text}\n`;
}
