/**
 * Nothing passes a filter: which of its words excludes most, and each can be clicked away.
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { excludedBy, MAX_COUNTED, withoutEach, withoutWords } from "../models/no_match.ts";
import { filterQuery } from "../models/filter.ts";

/** The state of a list that is empty. */
export function NoMatch({ line }: { readonly line: string }) {
  const { client, route } = useApp();
  const [words, setWords] = useState(withoutEach(line));
  useEffect(() => {
    const asked = new AbortController();
    setWords(withoutEach(line));
    excludedBy(line, async (line) => {
      const words = filterQuery(line);
      words.set("view", "rows");
      words.set("limit", `${MAX_COUNTED}`);
      const answer = await client.ask(`/api/invocations?${words}`, { signal: asked.signal });
      const calls = (await answer.json() as readonly unknown[]).length;
      return { calls, hasMore: answer.headers.has("x-agentgate-next") };
    }).then(
      (words) => asked.signal.aborted || setWords(words),
      () => {}, // The words stay, without their numbers.
    );
    return () => asked.abort();
  }, [line]);
  return (
    <div class="empty">
      <p role="status">No recorded call passes this filter.</p>
      <ul class="without">
        {words.map((of, index) => (
          <li key={`${index} ${of.word}`}>
            <button type="button" onClick={() => route.set({ q: of.line }, true)}>
              without <code>{of.word}</code>
            </button>{" "}
            <span class={of.calls === 0 ? "dim" : undefined}>{withoutWords(of)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
