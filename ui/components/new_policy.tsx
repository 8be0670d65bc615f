/**
 * A policy that was made where none is configured.
 *
 * @module
 */

import { useApp } from "../app_model.ts";

/** Its text, and what to do with it. */
export function NewPolicy({ text }: { readonly text: string }) {
  const app = useApp();
  return (
    <div class="pad">
      <div class="row">
        <p>
          Nothing of this is in force. Read it, save it as a file, and give it to a gateway by{" "}
          <code>--policy FILE</code> or as <code>policy_path</code> in its configuration.
        </p>
        <span class="gap" />
        <button type="button" onClick={() => void app.copy(text, "Policy")}>Copy</button>
        <button
          type="button"
          onClick={() => app.save(new Blob([text], { type: "application/toml" }), "learned.toml")}
        >
          Save as a file
        </button>
      </div>
      <pre class="diff" tabIndex={0} aria-label="Text of the learned policy">{text}</pre>
    </div>
  );
}
