/**
 * What went in or came out of a call.
 *
 * @module
 */

import { bytes } from "../models/size_words.ts";
import { truncationOf } from "../models/whole_call.ts";
import { JsonTree } from "./json_tree.tsx";

/** A payload under its name; `none` is said where there is none. */
export function Payload(
  { title, value, none }: {
    readonly title: string;
    readonly value: unknown;
    readonly none: string;
  },
) {
  const cut = truncationOf(value);
  return (
    <section>
      <h3>
        {title} {cut !== null && (
          <span class="dim">
            – {bytes(cut.size)}, too large to be stored whole: what is left out is marked with …
          </span>
        )}
      </h3>
      {value === null || value === undefined ? <p class="dim">{none}</p> : (
        <div class="json">
          <JsonTree value={cut === null ? value : cut.shown} />
        </div>
      )}
    </section>
  );
}
