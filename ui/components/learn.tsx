/**
 * A policy that is learned from the log: a proposal that opens in the editor. Nothing is in force before
 * it is saved there.
 *
 * @module
 */

import "../shared.ts";
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { hasLearned, untaught } from "../models/learned.ts";
import type { PolicyDraft } from "../models/policy_draft.ts";
import { Resource } from "../models/resource.ts";
import { Diff } from "./compare.tsx";
import { NewPolicy } from "./new_policy.tsx";

/** Spans whose calls are learned from, by the API's word; and calls that a tool has at least. */
const SPANS = {
  ...{ "": "the newest 100,000 calls", "24h": "the last 24 h", "7d": "the last 7 d" },
  "30d": "the last 30 d",
} as const;
const LEAST = [1, 3, 10, 100] as const;

/** The proposal; `draft` is the file that it would replace, null where there is none. */
export function Learn(
  { draft, onClose }: { readonly draft: PolicyDraft | null; readonly onClose: () => void },
) {
  const { client } = useApp();
  const [since, setSince] = useState(""), [least, setLeast] = useState(3);
  const learned = useMemo(() => new Resource<string>(), []);
  const put = useRef<string | null>(null);
  const text = learned.data.value, fault = learned.fault.value;
  const ask = () => {
    learned.clear();
    const words = new URLSearchParams({ since, min_calls: `${least}` });
    void learned.load(async (signal) =>
      await (await client.ask(`/api/policies/learned?${words}`, { signal })).text()
    );
  };
  useEffect(ask, [since, least]);
  useEffect(() => () => learned.clear(), []);
  return (
    <section class="panel learned" aria-label="Learned from the log">
      <header>
        <h2>Learned from the log</h2>
        <label class="dim">
          from{" "}
          <select value={since} onChange={({ currentTarget }) => setSince(currentTarget.value)}>
            {Object.entries(SPANS).map(([since, words]) => (
              <option key={since} value={since}>{words}</option>
            ))}
          </select>
        </label>
        <label class="dim">
          tools with at least{" "}
          <select
            value={`${least}`}
            onChange={({ currentTarget }) => setLeast(Number(currentTarget.value))}
          >
            {LEAST.map((least) => <option key={least} value={least}>{least}</option>)}
          </select>{" "}
          {least === 1 ? "call" : "calls"}
        </label>
        <span class="gap" />
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>✕</button>
      </header>
      {fault !== null && (
        <p class="pad fault" role="alert">
          {fault.message} <button type="button" onClick={ask}>Try again</button>
        </p>
      )}
      {text === null && fault === null && (
        <p class="pad dim" role="status">Learning from the recorded calls …</p>
      )}
      {text !== null && !hasLearned(text) && (
        <div class="pad" role="status">
          There was nothing to learn from: no tool has so many calls that were let through and went
          well.
          {untaught(text).map((why) => <span key={why} class="dim">{why}</span>)}
        </div>
      )}
      {text !== null && hasLearned(text) && (
        draft === null
          ? <NewPolicy text={text} />
          : <Proposal key={text} text={text} draft={draft} put={put} onSaved={onClose} />
      )}
    </section>
  );
}

/** What it is in the place of; it is put into the editor, unless something was typed there. */
function Proposal(
  { text, draft, put, onSaved }: {
    readonly text: string;
    readonly draft: PolicyDraft;
    /** What was put into the editor last: that is not typed. */
    readonly put: RefObject<string | null>;
    readonly onSaved: () => void;
  },
) {
  const before = draft.saved.value?.text ?? null, isIn = draft.text.value === text;
  const take = () => {
    put.current = text;
    draft.edit(text);
  };
  useEffect(() => {
    if (before === null) return;
    if (!draft.isChanged.peek() || draft.text.peek() === put.current) take();
  }, [before === null]);
  const wasIn = useRef(false);
  useEffect(() => {
    if (before === text && wasIn.current) onSaved();
    wasIn.current = isIn;
  }, [before, isIn]);
  if (before === null) return null;
  return (
    <div class="pad">
      {isIn
        ? (
          <p role="status">
            <b>It is in the editor, and not in force.</b>{" "}
            Read it: it refuses what it does not allow, and the rules of the file are not in it.
            Save puts it in force, Revert brings the file back.
          </p>
        )
        : (
          <p class="row" role="status">
            It is not in the editor: something else was typed there.
            <button type="button" onClick={take}>Put it in its place</button>
          </p>
        )}
      <Diff title="From the file (−) to what was learned (+)" before={before} after={text} />
    </div>
  );
}
