/**
 * A command to copy.
 *
 * @module
 */

import { useApp } from "../app_model.ts";

/** Shows a command, and copies it. */
export function Command({ text }: { readonly text: string }) {
  const app = useApp();
  return (
    <div class="command">
      <code>{text}</code>
      <button type="button" onClick={() => void app.copy(text, "Command")}>Copy</button>
    </div>
  );
}
