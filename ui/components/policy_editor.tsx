/**
 * A text field that shows TOML in colours, with what is wrong at its place.
 *
 * @module
 */

import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";
import { markedLines } from "../models/toml_marks.ts";

/** Something to say of a line; the first line and column are 1. */
export interface LineNote {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly isFault: boolean;
}

/** The field lies over the coloured text, and shows none of its own but the caret. */
export function PolicyEditor(
  { text, isRead, notes, chosen, field, describedBy, onEdit }: {
    readonly text: string;
    /** Whether the file was read: what is typed before that would be lost. */
    readonly isRead: boolean;
    readonly notes: readonly LineNote[];
    /** A line to point at; null for none. */
    readonly chosen: number | null;
    readonly field: RefObject<HTMLTextAreaElement | null>;
    readonly describedBy: string;
    readonly onEdit: (text: string) => void;
  },
) {
  const lines = useMemo(() => markedLines(text), [text]);
  return (
    <div class="editor">
      <div class="paper">
        <pre aria-hidden="true">
          {lines.map((marks, at) => {
            const note = notes.find(({ line }) => line === at + 1);
            const kind = note === undefined ? undefined : note.isFault ? "fault" : "warning";
            return (
              <span key={at} class="line" data-note={kind} data-chosen={chosen === at + 1}>
                {marks.map(({ kind, text }, at) => <span key={at} data-kind={kind}>{text}</span>)}
                {"\n"}
              </span>
            );
          })}
        </pre>
        <textarea
          ref={field}
          aria-label="Text of the policy"
          aria-describedby={describedBy}
          aria-invalid={notes.some(({ isFault }) => isFault)}
          aria-busy={!isRead}
          readOnly={!isRead}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          wrap="off"
          value={text}
          onInput={({ currentTarget }) => onEdit(currentTarget.value)}
          onKeyDown={(event) => indent(event, onEdit)}
        />
      </div>
    </div>
  );
}

/** Tab indents, as long as nobody asks for the keyboard's way out by Escape before it. */
function indent(event: KeyboardEvent, onEdit: (text: string) => void): void {
  const field = event.currentTarget as HTMLTextAreaElement;
  if (field.readOnly) return;
  if (event.key === "Escape") return field.blur();
  if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  event.preventDefault();
  field.setRangeText("  ", field.selectionStart, field.selectionEnd, "end");
  onEdit(field.value);
}

/** Puts the caret on a line, and shows it. */
export function goToLine(field: HTMLTextAreaElement, line: number, column = 1): void {
  const lines = field.value.split("\n"), at = Math.min(line, lines.length) - 1;
  const start = lines.slice(0, at).reduce((sum, { length }) => sum + length + 1, 0);
  const caret = start + Math.min(column - 1, lines[at]!.length);
  field.focus();
  field.setSelectionRange(caret, caret);
  const row = field.parentElement!.querySelectorAll(".line")[at];
  row?.scrollIntoView({ block: "center" });
}
