/**
 * One file of the policy in the editor: checked and tried as one types, saved when it loads.
 *
 * @module
 */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useActions, useApp } from "../app_model.ts";
import { ago } from "../models/format.ts";
import type { PolicyDraft } from "../models/policy_draft.ts";
import { DryRun } from "./dry_run.tsx";
import { Panel } from "./panel.tsx";
import { PolicyConflict } from "./policy_conflict.tsx";
import { goToLine, PolicyEditor } from "./policy_editor.tsx";
import { notesOf, PolicyReport } from "./policy_report.tsx";

/** Milliseconds without a key after which a text is checked, and then tried. */
const CHECK_AFTER_MS = 150, TRY_AFTER_MS = 400;

/** The editor, and what is said of its text. */
export function PolicyPanel(
  { draft, path, line }: {
    readonly draft: PolicyDraft;
    readonly path: string;
    /** A line to point at; null for none. */
    readonly line: number | null;
  },
) {
  const app = useApp(), field = useRef<HTMLTextAreaElement>(null), reportId = useId();
  const [calls, setCalls] = useState(1000);
  const text = draft.text.value, saved = draft.saved.value, check = draft.check.data.value;
  const isChanged = draft.isChanged.value, conflict = draft.conflict.value;
  const loads = check?.ok === true;

  useEffect(() => {
    if (saved === null) return;
    const timer = setTimeout(() => void draft.look(), CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, saved === null]);
  useEffect(() => {
    if (!loads) return;
    const timer = setTimeout(() => void draft.tryOn(calls), TRY_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, loads, calls]);
  useEffect(() => {
    if (line !== null && saved !== null) goToLine(field.current!, line);
  }, [line, saved === null]);

  const save = async (isForced = false) => {
    if (await draft.save(isForced)) app.tell("Saved: in force for the next call");
  };
  const canSave = isChanged && loads && conflict === null && !draft.isSaving.value;
  useActions(() => [
    { id: "save", label: "Save the policy", key: "mod+s", run: () => void (canSave && save()) },
    { id: "revert", label: "Throw away what was typed", run: () => draft.revert() },
  ], [canSave, draft]);

  return (
    <>
      {conflict !== null && (
        <PolicyConflict
          conflict={conflict}
          text={text}
          isSaving={draft.isSaving.value}
          onForce={() => void save(true)}
          onTake={() => {
            draft.revert();
            void draft.load();
          }}
        />
      )}
      <div class="policy">
        <Panel
          title={path.split("/").at(-1)!}
          note={<Standing draft={draft} nowMs={app.now.value} />}
          tools={
            <span class="row">
              {draft.previous.value !== null && (
                <button
                  type="button"
                  onClick={() => draft.edit(draft.previous.value!)}
                >
                  Previous version
                </button>
              )}
              <button type="button" disabled={!isChanged} onClick={() => draft.revert()}>
                Revert
              </button>
              <button type="button" class="main" disabled={!canSave} onClick={() => void save()}>
                Save
              </button>
            </span>
          }
        >
          {draft.fault.value !== null && <p class="pad fault" role="alert">{draft.fault.value}</p>}
          <PolicyEditor
            text={text}
            isRead={saved !== null}
            notes={notesOf(check)}
            chosen={line}
            field={field}
            describedBy={reportId}
            onEdit={(text) => draft.edit(text)}
          />
        </Panel>
        <div class="aside">
          <Panel title="Check" note={path}>
            <PolicyReport
              id={reportId}
              check={check}
              onGo={(line, column) => goToLine(field.current!, line, column)}
            />
          </Panel>
          <DryRun trial={draft.trial} isWaiting={!loads} calls={calls} onCalls={setCalls} />
        </div>
      </div>
    </>
  );
}

/** Whether what is shown is what is in force. */
function Standing({ draft, nowMs }: { readonly draft: PolicyDraft; readonly nowMs: number }) {
  const saved = draft.saved.value;
  if (saved === null) return null;
  if (draft.isChanged.value) return <>changed, not saved: the policy in force is the old one</>;
  return <>in force{saved.at !== null && <>, written {ago(saved.at.toISOString(), nowMs)}</>}</>;
}
