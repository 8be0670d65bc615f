/**
 * Every action, by a few letters of its name.
 *
 * @module
 */

import "../shared.ts";
import { useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { keyName, matching } from "../models/action_words.ts";
import { Dialog } from "./dialog.tsx";

/** The palette. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { actions, isMac, typed } = useApp();
  const [text, setText] = useState(() => typed.take() ?? ""), [at, setAt] = useState(0);
  const found = matching(actions.all.value, text).filter(({ id }) => id !== "palette");
  const chosen = found[Math.min(at, found.length - 1)];
  const run = (action = chosen) => {
    onClose();
    // The dialog gives the focus back first, so an action may move it.
    if (action !== undefined) setTimeout(action.run, 0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run();
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label="Find an action" onClose={onClose}>
      <input
        type="text"
        class="find"
        placeholder="What do you want to do?"
        aria-label="Find an action"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen && `palette-${chosen.id}`}
        autocomplete="off"
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      {found.length === 0
        ? <p class="dim" id="palette-list">No action has these words.</p>
        : (
          <ul id="palette-list" class="menu" role="listbox" aria-label="Actions">
            {found.map((action) => (
              <li
                id={`palette-${action.id}`}
                key={action.id}
                role="option"
                aria-selected={action === chosen}
                ref={(item) => {
                  if (action === chosen) item?.scrollIntoView({ block: "nearest" });
                }}
                onClick={() => run(action)}
              >
                {action.label}
                {action.key !== undefined && <kbd>{keyName(action.key, isMac)}</kbd>}
              </li>
            ))}
          </ul>
        )}
    </Dialog>
  );
}
