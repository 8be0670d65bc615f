/**
 * Settings: what may agents do?
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiFault } from "../client.ts";
import { useActions, useApp, useResource } from "../app_model.ts";
import { Command } from "../components/command.tsx";
import { ConfigTable } from "../components/config_table.tsx";
import { lazy } from "../components/lazy.tsx";
import { PolicyPanel } from "../components/policy_panel.tsx";
import { ShippingLine } from "../components/shipping_line.tsx";
import { ResourceState } from "../components/state.tsx";
import { PolicyDraft } from "../models/policy_draft.ts";
import { takeProposal } from "../models/proposal.ts";

const Learn = lazy(async () => (await import("../components/learn.tsx")).Learn);

/** The page. */
export default function Settings() {
  const { route } = useApp();
  const files = useResource<string[]>("/api/policies/files"), paths = files.data.value;
  const fault = files.fault.value, isWithout = fault instanceof ApiFault && fault.status === 404;
  const asked = paths?.indexOf(route.get("file") ?? "") ?? 0, index = Math.max(0, asked);
  const [isLearning, setLearning] = useState(false);
  const onLearned = () => setLearning(false);
  useActions(() => [
    { id: "learn", label: "Learn a policy from the log", run: () => setLearning(true) },
  ]);
  return (
    <>
      <div class="head">
        <h1>Settings</h1>
        <span class="gap" />
        <button type="button" onClick={() => setLearning(true)}>Learn from the log…</button>
        {paths !== null && paths.length > 1 && (
          <select
            aria-label="File of the policy"
            value={paths[index]}
            onChange={({ currentTarget }) =>
              route.set({ file: currentTarget.value, line: null }, true)}
          >
            {paths.map((path) => <option key={path} value={path}>{path}</option>)}
          </select>
        )}
      </div>
      {isWithout && isLearning && <Learn draft={null} onClose={onLearned} />}
      {isWithout ? <NoPolicy /> : <ResourceState of={files} />}
      {paths !== null && (
        <File
          key={index}
          index={index}
          path={paths[index]!}
          next={paths[index + 1] ?? null}
          isLearning={isLearning}
          onLearned={onLearned}
        />
      )}
      <ShippingLine />
      <ConfigTable />
    </>
  );
}

function File(
  { index, path, next, isLearning, onLearned }: {
    readonly index: number;
    readonly path: string;
    /** The file after it; null for none. */
    readonly next: string | null;
    readonly isLearning: boolean;
    readonly onLearned: () => void;
  },
) {
  const { client, route, tell } = useApp();
  const draft = useMemo(() => new PolicyDraft({ client, storage: sessionStorage }, index), []);
  const promote = route.get("promote");
  const line = Number(route.get("line")) || null, isProposed = route.get("proposed") !== null;
  useEffect(() => {
    void draft.load().then(async () => {
      if (promote !== null) await takeOut(promote);
      else if (isProposed && draft.saved.value !== null) await addProposed();
    }).catch(() => tell("The editor was not loaded whole: reload the page"));
  }, []);
  const addProposed = async () => {
    const { idsIn, withFreeId, withRule } = await import("../models/rule_from_call.ts");
    const proposal = takeProposal(sessionStorage);
    if (proposal === null) return;
    const typed = draft.text.value;
    draft.edit(withRule(typed, withFreeId(proposal.toml, idsIn(typed))));
    tell("The rule is at the end of the policy: save it to put it in force");
    const lines = draft.text.value.split("\n").length - proposal.toml.split("\n").length;
    route.set({ proposed: null, line: `${lines + 2}` });
  };
  const takeOut = async (rule: string) => {
    const { promoted } = await import("../models/promote.ts");
    const found = promoted(draft.text.value, rule);
    if (found === null && next !== null) return route.set({ file: next });
    if (found !== null) draft.edit(found.text);
    tell(found === null ? `No rule ${rule} is in shadow` : "It would act: save to put it in force");
    route.set({ promote: null, line: found === null ? null : `${found.line}` });
  };
  return (
    <>
      {isLearning && <Learn draft={draft} onClose={onLearned} />}
      <PolicyPanel draft={draft} path={path} line={line} />
    </>
  );
}

/** The gateway that serves has no policy: what to do. */
function NoPolicy() {
  if (useApp().fleet.value !== null) {
    return (
      <section class="panel">
        <div class="empty">
          <p>
            This page shows the calls of many machines. Each has its own policy: change it there.
          </p>
        </div>
      </section>
    );
  }
  return (
    <section class="panel">
      <div class="empty">
        <p>The gateway that serves this page enforces no policy: every call passes.</p>
        <Command text="agentgate init" />
        <p class="dim">
          writes one to begin with. A gateway takes it from its configuration, or by --policy FILE.
        </p>
      </div>
    </section>
  );
}
