/**
 * Which key does what, here and now.
 *
 * @module
 */

import "../shared.ts";
import { useApp } from "../app_model.ts";
import { keyName } from "../models/action_words.ts";
import { Dialog } from "./dialog.tsx";

/** The keys. */
export function KeyHelp({ onClose }: { readonly onClose: () => void }) {
  const { actions, isMac } = useApp();
  const byKey = new Map(
    actions.all.value.flatMap((action) => action.key === undefined ? [] : [[action.key, action]]),
  );
  return (
    <Dialog label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl class="keys">
        {[...byKey].map(([key, { label }]) => (
          <div key={key}>
            <dt>
              <kbd>{keyName(key, isMac)}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={onClose}>Close</button>
    </Dialog>
  );
}
