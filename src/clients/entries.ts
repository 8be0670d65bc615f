/**
 * The servers in a client's file, whatever it is written in.
 *
 * @module
 */

import type { Client, Dialect } from "./clients.ts";
import type { Entry } from "./entry.ts";
import { type JsonDialect, jsonEntries } from "./json_entries.ts";
import { tomlEntries } from "./toml_entries.ts";
import { yamlEntries } from "./yaml_entries.ts";

const JSON_DIALECTS: Partial<Record<Dialect, JsonDialect>> = {
  json: { comments: false, trailingCommas: false },
  commented_json: { comments: true, trailingCommas: false },
  jsonc: { comments: true, trailingCommas: true },
};

/**
 * Finds every server in the text of a client's file.
 *
 * @throws {Unreadable} when it cannot be read for certain.
 */
export function entriesOf(text: string, { dialect, key, moreKeys }: Client): Entry[] {
  const json = JSON_DIALECTS[dialect];
  if (json !== undefined) {
    // A file that nobody has written into yet has no servers.
    if (text.trim() === "") return [];
    return jsonEntries(text, json, (root) => [key, ...moreKeys?.(root) ?? []]);
  }
  return dialect === "toml" ? tomlEntries(text, key) : yamlEntries(text, key);
}
