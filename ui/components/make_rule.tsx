/**
 * A rule from a call: what of it counts is chosen, the policy of now with the rule at its end is tried
 * on the last calls, and the text goes to the editor. Nothing is in force before it is saved there.
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DryRun } from "../../src/web/dry_run.ts";
import { useApp } from "../app_model.ts";
import { leaveProposal, PROPOSAL_HREF } from "../models/proposal.ts";
import { Resource } from "../models/resource.ts";
import {
  type Condition,
  idsIn,
  MAX_CONDITIONS,
  proposedConditions,
  proposedId,
  type RuleDraft,
  ruleToml,
  withRule,
} from "../models/rule_from_call.ts";
import { truncationOf, type WholeCall } from "../models/whole_call.ts";
import { RuleConditions } from "./rule_conditions.tsx";
import { TrialWords } from "./trial_words.tsx";

/** Milliseconds without a change after which the rule is tried. */
const TRY_AFTER_MS = 250;

/** The form. */
export function MakeRule(
  { call, onClose }: { readonly call: WholeCall; readonly onClose: () => void },
) {
  const { client, route } = useApp();
  const proposed = useMemo(() => {
    const args = truncationOf(call.arguments) === null ? call.arguments : null;
    return proposedConditions(args).slice(0, 12);
  }, [call.id]);
  const [chosen, setChosen] = useState<readonly Condition[]>(proposed.slice(0, 1));
  const first = proposedId(call.tool_name, []);
  const [draft, setDraft] = useState<RuleDraft>({
    ...{ id: first, tool: call.tool_name, server: null },
    ...{ action: "deny", isShadow: false, conditions: [], message: "" },
  });
  const policy = useMemo(() => new Resource<string>(), []);
  const trial = useMemo(() => new Resource<DryRun>(), []);
  const toml = ruleToml({ ...draft, conditions: chosen });
  const set = (change: Partial<RuleDraft>) => setDraft((draft) => ({ ...draft, ...change }));

  useEffect(() => {
    void policy.load(async (signal) => {
      const text = await (await client.ask("/api/policies", { signal })).text();
      const free = proposedId(call.tool_name, idsIn(text));
      setDraft((draft) => draft.id === first ? { ...draft, id: free } : draft);
      return text;
    });
  }, []);
  const text = policy.data.value;
  useEffect(() => {
    if (text === null) return;
    const timer = setTimeout(() =>
      void trial.load(async (signal) => {
        const body = withRule(text, toml);
        const answer = await client.ask("/api/policies/dry-run", { method: "POST", body, signal });
        return await answer.json();
      }), TRY_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, toml]);

  const toggle = (condition: Condition, isChosen: boolean) => {
    const others = chosen.filter(({ path }) => path.join("\0") !== condition.path.join("\0"));
    setChosen(isChosen ? [...others, condition].slice(-MAX_CONDITIONS) : others);
  };
  const edit = () => {
    leaveProposal(sessionStorage, { toml, callId: call.id });
    route.go(PROPOSAL_HREF);
  };
  return (
    <form
      class="make-rule"
      aria-label="Make a rule"
      onSubmit={(event) => {
        event.preventDefault();
        edit();
      }}
    >
      <div class="row">
        <select
          aria-label="Action"
          value={draft.action}
          onChange={({ currentTarget }) => set({ action: currentTarget.value as "deny" | "allow" })}
        >
          <option value="deny">deny</option>
          <option value="allow">allow</option>
        </select>
        <code>{call.tool_name}</code>
        <label>
          <input
            type="checkbox"
            checked={draft.server !== null}
            onChange={({ currentTarget }) =>
              set({ server: currentTarget.checked ? call.server_name : null })}
          />{" "}
          only of {call.server_name}
        </label>
        <label>
          <input
            type="checkbox"
            checked={draft.isShadow}
            onChange={({ currentTarget }) => set({ isShadow: currentTarget.checked })}
          />{" "}
          in shadow: only record
        </label>
      </div>
      <RuleConditions proposed={proposed} chosen={chosen} onToggle={toggle} />
      <div class="row fields">
        <label>
          Id{" "}
          <input
            value={draft.id}
            onInput={({ currentTarget }) => set({ id: currentTarget.value })}
          />
        </label>
        <label class="grow">
          What the agent is told{" "}
          <input
            value={draft.message}
            placeholder="what to do instead"
            onInput={({ currentTarget }) => set({ message: currentTarget.value })}
          />
        </label>
      </div>
      <pre tabIndex={0} aria-label="The rule">{toml.trim()}</pre>
      <p role="status">
        <TrialWords trial={trial} policy={policy} />
      </p>
      <div class="row">
        <button type="submit" class="main" disabled={text === null}>Open in the editor</button>
        <button type="button" onClick={onClose}>Cancel</button>
        <span class="dim">It is in force when you save it there.</span>
      </div>
    </form>
  );
}
