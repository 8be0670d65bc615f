/**
 * A call as an example of something: its tool and the beginning of its arguments, leading to the whole.
 *
 * @module
 */

import type { ShortRow } from "../../src/web/feed_frames.ts";

/** The call; a dash where it is no longer in the log. */
export function Example({ call }: { readonly call: ShortRow | null }) {
  if (call === null) return <span class="dim">–</span>;
  const { id, tool_name, arguments: text } = call;
  return (
    <a class="example" href={`/activity?${new URLSearchParams({ call: id })}`}>
      <code>{tool_name}</code> <code class="dim">{text ?? ""}</code>
    </a>
  );
}
