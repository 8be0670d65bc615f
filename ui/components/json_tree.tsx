/**
 * JSON as a tree; what a rule has redacted is marked, and long parts are folded.
 *
 * @module
 */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { count } from "../models/format.ts";
import { REDACTED } from "../models/whole_call.ts";

/** Members that are shown of one list at first, and characters of one text. */
const SHOWN = 50, SHOWN_CHARS = 1200;
/** Depth from which everything is folded at first. */
const FOLDED_FROM = 4;

/** A value, with the name that it stands under. */
export function JsonTree(
  { value, name, depth = 0 }: {
    readonly value: unknown;
    readonly name?: string | undefined;
    readonly depth?: number | undefined;
  },
) {
  if (value === null || typeof value !== "object") {
    return (
      <div class="leaf">
        <Name name={name} />
        {typeof value === "string"
          ? <Text text={value} />
          : <span class={`is-${value === null ? "null" : typeof value}`}>{String(value)}</span>}
      </div>
    );
  }
  return <Branch value={value} name={name} depth={depth} />;
}

function Branch(
  { value, name, depth }: {
    readonly value: object;
    readonly name: string | undefined;
    readonly depth: number;
  },
) {
  const isList = Array.isArray(value), entries = Object.entries(value);
  const [isOpen, setOpen] = useState(depth < FOLDED_FROM), [shown, setShown] = useState(SHOWN);
  const [begin, end] = isList ? "[]" : "{}";
  if (entries.length === 0) {
    return (
      <div class="leaf">
        <Name name={name} />
        <span class="dim">{begin}{end}</span>
      </div>
    );
  }
  return (
    <div class="branch">
      <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Name name={name} />
        <span class="dim">
          {begin}
          {!isOpen && ` ${count(entries.length)} … ${end}`}
        </span>
      </button>
      {isOpen && (
        <>
          <div class="members">
            {entries.slice(0, shown).map(([key, member]) => (
              <JsonTree
                key={key}
                name={isList ? undefined : key}
                value={member}
                depth={depth + 1}
              />
            ))}
            {entries.length > shown && (
              <button
                type="button"
                class="plain"
                onClick={() => setShown(shown + 500)}
              >
                {count(entries.length - shown)} more
              </button>
            )}
          </div>
          <span class="dim">{end}</span>
        </>
      )}
    </div>
  );
}

function Name({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : <span class="name">{`${name}: `}</span>;
}

/** A text; its parts that were redacted are marked. */
function Text({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(text.length <= SHOWN_CHARS);
  const shown = isWhole ? text : text.slice(0, SHOWN_CHARS);
  return (
    <>
      <span class="is-string">"{marked(shown)}{isWhole ? '"' : "…"}</span>
      {!isWhole && (
        <button type="button" class="plain" onClick={() => setWhole(true)}>
          {count(text.length - SHOWN_CHARS)} more characters
        </button>
      )}
    </>
  );
}

/** A text with its redacted parts marked as such. */
export function marked(text: string): ComponentChildren {
  const found: ComponentChildren[] = [];
  let at = 0;
  for (const { 0: part, index } of text.matchAll(REDACTED)) {
    found.push(
      text.slice(at, index),
      <mark title="Redacted by a rule before it was stored">{part}</mark>,
    );
    at = index + part.length;
  }
  return found.length === 0 ? text : [...found, text.slice(at)];
}
