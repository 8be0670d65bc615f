/**
 * A part of a page with a heading.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** The part; `tools` stand at the end of its head. */
export function Panel(
  { title, note, tools, children }: {
    readonly title: string;
    readonly note?: ComponentChildren;
    readonly tools?: ComponentChildren;
    readonly children: ComponentChildren;
  },
) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span class="dim">{note}</span>}
        <span class="gap" />
        {tools}
      </header>
      {children}
    </section>
  );
}
