/**
 * The configuration in force as people are shown it: each value, and where it comes from.
 *
 * @module
 */

import type { TomlTable } from "../toml/toml.ts";
import type { Settings } from "./kinds.ts";

/**
 * - `option`: given on the command line
 * - `file`: set in the config file
 * - `default`: set nowhere
 */
export type SettingOrigin = "option" | "file" | "default";

/** One setting in force. */
export interface SettingInForce {
  /** Dotted, as TOML has it: `policy.max_scan_ms`. */
  readonly key: string;
  /** As it would stand in a config file; null for what is off, or found out, unless it is set. */
  readonly value: string | null;
  readonly from: SettingOrigin;
  /** Meaning, in a few words. */
  readonly text: string;
}

/** Shown in place of a secret. */
const HIDDEN = "(set, not shown)";

/**
 * Lists every setting.
 *
 * @param file The config file's table.
 * @param options Values that the command line gave, by key; undefined for those it did not.
 */
export function settingsInForce(
  settings: Settings,
  file: TomlTable,
  options: Readonly<Record<string, unknown>>,
  prefix = "",
): SettingInForce[] {
  return Object.values(settings).flatMap((declared) => {
    const { key, text } = declared, given = file[key];
    if ("settings" in declared) {
      const table = typeof given === "object" ? given as TomlTable : {};
      return settingsInForce(declared.settings, table, {}, `${prefix}${key}.`);
    }
    const option = options[key], value = option ?? given;
    const from: SettingOrigin = option !== undefined
      ? "option"
      : given !== undefined
      ? "file"
      : "default";
    const shown = from === "default"
      ? declared.byDefault
      : declared.isSecret
      ? HIDDEN
      : tomlText(value);
    return [{ key: `${prefix}${key}`, value: shown, from, text }];
  });
}

/** A value as TOML: numbers of the file are bigints, to the last digit. */
function tomlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlText).join(", ")}]`;
  return typeof value === "bigint" ? `${value}` : JSON.stringify(value);
}
