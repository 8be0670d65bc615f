/**
 * Actions in words, for the palette and the help.
 *
 * @module
 */

import type { Action } from "./actions.ts";

/** Actions whose label has all the words. */
export function matching(all: readonly Action[], text: string): readonly Action[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const byId = new Map(all.map((action) => [action.id, action]));
  return [...byId.values()].filter(({ label, isMove }) =>
    !isMove && words.every((word) => label.toLowerCase().includes(word))
  );
}

/** A key as the help shows it. */
export function keyName(key: string, isMac: boolean): string {
  const name = key.replace("mod+", isMac ? "⌘" : "Ctrl ");
  const named: Readonly<Record<string, string>> = {
    " ": "space",
    Escape: "esc",
    Enter: "enter",
    ArrowDown: "↓",
    ArrowUp: "↑",
  };
  return named[name] ??
    (key.startsWith("mod+") ? name.toUpperCase().replace("CTRL", "Ctrl") : name);
}
