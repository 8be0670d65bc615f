/**
 * How a filter line could go on.
 *
 * @module
 */

import type { Suggestion } from "../models/filter.ts";

/** The suggestions; `at` is the one that the keys have chosen. */
export function FilterMenu(
  { found, at, onChoose }: {
    readonly found: readonly Suggestion[];
    readonly at: number;
    readonly onChoose: (suggestion: Suggestion) => void;
  },
) {
  return (
    <ul
      id="filter-list"
      class="menu"
      role="listbox"
      aria-label="Words"
      hidden={found.length === 0}
    >
      {found.map((suggestion, index) => (
        <li
          id={`filter-${index}`}
          key={suggestion.label}
          role="option"
          aria-selected={index === at}
          onMouseDown={(event) => {
            event.preventDefault();
            onChoose(suggestion);
          }}
        >
          <code>{suggestion.label}</code> <span class="dim">{suggestion.note}</span>
        </li>
      ))}
    </ul>
  );
}
