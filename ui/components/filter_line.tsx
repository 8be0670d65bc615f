/**
 * The filter line: words that are completed while one types, and chips for the most wanted.
 *
 * @module
 */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useActions, useApp } from "../app_model.ts";
import { hasWord, type Suggestion, suggestions, toggled } from "../models/filter.ts";
import { FilterMenu } from "./filter_menu.tsx";

/** Chips: a word, its value, and what it is called. */
const CHIPS = [
  ["status", "denied", "denied"],
  ["status", "error", "errors"],
  ["took", ">1s", "slow"],
  ["shadow", "any", "shadow"],
  ["status", "open", "running"],
] as const;

/** Milliseconds without a key after which a line is taken. */
const TAKE_AFTER_MS = 300;

/** The line; it changes the address. */
export function FilterLine({ line }: { readonly line: string }) {
  const { client, route, typed } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(line), [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false), [at, setAt] = useState(-1);
  const [known, setKnown] = useState<Readonly<Record<string, readonly string[]>>>({});
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // What was taken from here is in the address later: somebody may have gone on typing meanwhile.
  const taken = useRef(line);
  useEffect(() => {
    if (line === taken.current) return;
    taken.current = line;
    clearTimeout(timer.current);
    setText(line);
  }, [line]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLayoutEffect(() => {
    const text = typed.take();
    if (text === null) return;
    field.current!.focus();
    if (text !== "") type(text, text.length);
  }, []);
  useActions(() => [
    { id: "find", label: "Filter the calls", key: "/", run: () => field.current?.focus() },
    ...CHIPS.map(([name, value, label]) => ({
      id: `chip-${label}`,
      label: `Filter: only ${label}`,
      run: () => take(toggled(route.get("q") ?? "", name, value)),
    })),
    { id: "no-filter", label: "Filter: show all calls", run: () => take("") },
  ]);
  const found = isOpen ? suggestions(text, caret, known) : [];

  function take(next: string): void {
    clearTimeout(timer.current);
    setText(next);
    apply(next);
  }
  function apply(next: string): void {
    taken.current = next.trim();
    route.set({ q: taken.current, call: null });
  }
  function type(next: string, at: number): void {
    setText(next);
    setCaret(at);
    setAt(-1);
    setOpen(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(next), TAKE_AFTER_MS);
  }
  function choose({ line, caret }: Suggestion): void {
    type(line, caret);
    const input = field.current!;
    input.focus();
    requestAnimationFrame(() => input.setSelectionRange(caret, caret));
  }
  /** Without names, words are completed all the same. */
  async function learn(): Promise<void> {
    setOpen(true);
    setCaret(field.current?.selectionStart ?? 0);
    if (known.tool !== undefined) return;
    const { knownNames } = await import("../models/known_names.ts");
    setKnown(await knownNames((path) => client.get(path)));
  }
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) setAt((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at] !== undefined) choose(found[at]);
    else if (event.key === "Tab" && !event.shiftKey && isOpen && at >= 0) choose(found[at]!);
    else if (event.key === "Enter") {
      setOpen(false);
      return take(text);
    } else if (event.key === "Escape") {
      if (isOpen && found.length > 0) setOpen(false);
      else field.current!.blur();
    } else return;
    event.preventDefault();
  }

  return (
    <div class="filter">
      <div class="line">
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-expanded={found.length > 0}
          aria-controls="filter-list"
          aria-activedescendant={at >= 0 && found[at] !== undefined ? `filter-${at}` : undefined}
          aria-autocomplete="list"
          autocomplete="off"
          spellcheck={false}
          placeholder={`status:denied server:fs took:>200ms since:2h "text"`}
          value={text}
          onInput={({ currentTarget }) =>
            type(currentTarget.value, currentTarget.selectionStart ?? currentTarget.value.length)}
          onClick={() => setCaret(field.current?.selectionStart ?? 0)}
          onFocus={() => void learn().catch(() => {})}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <FilterMenu found={found} at={at} onChoose={choose} />
      </div>
      <div class="row" role="group" aria-label="Filters">
        {CHIPS.map(([name, value, label]) => (
          <button
            type="button"
            key={label}
            aria-pressed={hasWord(text, name, value)}
            onClick={() => take(toggled(text, name, value))}
          >
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
