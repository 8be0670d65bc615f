/**
 * Somebody else has changed the file: what is there now, and what to do.
 *
 * @module
 */

import type { Conflict } from "../models/policy_draft.ts";
import { Diff } from "./compare.tsx";

/** The difference between what is on the disk and what was typed. */
export function PolicyConflict(
  { conflict, text, isSaving, onTake, onForce }: {
    readonly conflict: Conflict;
    readonly text: string;
    readonly isSaving: boolean;
    /** Takes what is on the disk. */
    readonly onTake: () => void;
    /** Saves what was typed over it. */
    readonly onForce: () => void;
  },
) {
  return (
    <section class="panel conflict" aria-label="Conflict">
      <header>
        <h2>The file has changed on the disk since you began</h2>
      </header>
      <div class="pad row">
        <p role="alert">Nothing was saved; what you typed is here.</p>
        <span class="gap" />
        <div class="row">
          <button type="button" class="main" disabled={isSaving} onClick={onForce}>
            Save mine over it
          </button>
          <button type="button" onClick={onTake}>Take what is on the disk</button>
        </div>
      </div>
      <div class="pad">
        <Diff title="From the file (−) to yours (+)" before={conflict.text} after={text} />
      </div>
    </section>
  );
}
